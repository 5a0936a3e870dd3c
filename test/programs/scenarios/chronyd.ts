// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import type { Scenario } from "../scenario.ts";

const CHRONYD = "/usr/sbin/chronyd";

export const chronyd: Scenario = {
  title: "chronyd as a server that leaves the clock alone",
  files: [CHRONYD, "/usr/bin/chronyc"],
  needs: {
    chown: "/run/chrony, for the user that it drops to",
    dac_override: "its pid file in that directory, still as root",
    net_bind_service: "port 123, at the start and kept for later",
    setgid: "the group that it drops to",
    setuid: "the user that it drops to",
  },
  alsoAsked: { dac_read_search: "a look into that directory, which dac_override allows as well" },
  prepare(stage) {
    mkdirSync(`${stage.directory}/etc`);
    stage.write("etc/chrony.conf", "local stratum 8\nallow 127.0.0.1\nbindaddress 127.0.0.1\n");
    return {
      // With -x it never sets the clock.
      command: [CHRONYD, "-x", "-d", "-F", "1"],
      mounts: { "/etc/chrony": `${stage.directory}/etc`, "/run": null },
      exercise() {
        if (stage.ask("ntp", "time") !== "stratum 8\n") throw new Error("another stratum");
        stage.run("chronyc", "-h", "127.0.0.1", "tracking");
      },
      isDaemon: true,
    };
  },
};
