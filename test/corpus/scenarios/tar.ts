// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import type { Scenario } from "../scenario.ts";

const TAR = "/usr/bin/tar";

export const tar: Scenario = {
  title: "tar, which copies files of other owners, a device among them",
  files: [TAR],
  needs: {
    chown: "owners of what it unpacks",
    dac_read_search: "files of others; dac_override would do as well",
    fowner: "modes of what belongs to others by then",
    fsetid: "the set-group-ID bit of a file of another group",
    mknod: "the device",
  },
  orElse: [["chown", "dac_override", "fowner", "fsetid", "mknod"]],
  prepare(stage) {
    const { directory } = stage;
    mkdirSync(`${directory}/from/closed`, { recursive: true });
    stage.write("from/closed/secret", "secret\n", 0o600);
    stage.write("from/set-id", "", 0o755);
    stage.run("mknod", `${directory}/from/null`, "c", "1", "3");
    stage.run("chown", "-R", "65534:65534", `${directory}/from`);
    stage.run("chmod", "700", `${directory}/from/closed`);
    stage.run("chmod", "6755", `${directory}/from/set-id`);
    const archive = `${directory}/archive.tar`;
    const script = `${TAR} -cf ${archive} -C ${directory}/from . && ${TAR} -xpf ${archive} -C ${directory}/to`;
    const list = (name: string): string =>
      `$(cd ${directory}/${name} && find . -printf '%p %U %m %y\\n' | sort)`;
    return {
      command: ["/bin/sh", "-c", script],
      check: `test "${list("from")}" = "${list("to")}"`,
      reset: `cd ${directory} && rm -rf archive.tar to && mkdir to`,
    };
  },
};
