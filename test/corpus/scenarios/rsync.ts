// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import type { Scenario } from "../scenario.ts";

const RSYNC = "/usr/bin/rsync";

export const rsync: Scenario = {
  title: "rsync, which copies files of other owners",
  files: [RSYNC],
  needs: {
    chown: "owners of what it copies",
    dac_override: "files of others, and directories of others to write them to",
    fowner: "modes and times of what belongs to others by then",
  },
  prepare(stage) {
    const { directory } = stage;
    mkdirSync(`${directory}/from/closed`, { recursive: true });
    stage.write("from/closed/secret", "secret\n", 0o600);
    stage.run("chown", "-R", "65534:65534", `${directory}/from`);
    stage.run("chmod", "700", `${directory}/from/closed`);
    const list = (name: string): string =>
      `$(cd ${directory}/${name} && find . -printf '%p %U %m %y\\n' | sort)`;
    return {
      command: [RSYNC, "-a", `${directory}/from/`, `${directory}/to/`],
      check: `test "${list("from")}" = "${list("to")}"`,
      reset: `rm -rf ${directory}/to`,
    };
  },
};
