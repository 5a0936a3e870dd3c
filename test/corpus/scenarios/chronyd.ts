// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import { eventually, type Scenario } from "../scenario.ts";
import { ask } from "../stage.ts";

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
  prepare(stage) {
    mkdirSync(`${stage.directory}/etc`);
    stage.write("etc/chrony.conf", "local stratum 8\nallow 127.0.0.1\nbindaddress 127.0.0.1\n");
    const answers = `test "$(${ask("ntp", 123, "time")})" = "stratum 8"`;
    return {
      // With -x it never sets the clock.
      command: [CHRONYD, "-x", "-d", "-F", "1"],
      mounts: { "/etc/chrony": `${stage.directory}/etc`, "/run": null },
      ready: "delay:0",
      check: eventually(`${answers} && chronyc -h 127.0.0.1 tracking`),
      reset: "rm -rf /run/chrony",
    };
  },
};
