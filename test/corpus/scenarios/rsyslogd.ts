// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import { eventually, type Scenario } from "../scenario.ts";

const RSYSLOGD = "/usr/sbin/rsyslogd";

export const rsyslogd: Scenario = {
  title: "rsyslogd, which takes messages from the network",
  files: [RSYSLOGD, "/usr/bin/logger"],
  needs: {
    net_bind_service: "port 514",
    setgid: "the group that it drops to",
    setuid: "the user that it drops to",
  },
  prepare(stage) {
    const { directory } = stage;
    mkdirSync(`${directory}/log`);
    stage.run("chown", "nobody", `${directory}/log`);
    const configuration = stage.write(
      "rsyslog.conf",
      `global(workDirectory="${directory}")
$PrivDropToUser nobody
$PrivDropToGroup nogroup
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="514")
action(type="omfile" file="${directory}/log/messages")\n`,
    );
    const send = "logger --server 127.0.0.1 --udp --port 514 capscope-test";
    return {
      command: [RSYSLOGD, "-n", "-f", configuration, "-i", `${directory}/rsyslogd.pid`],
      ready: "delay:0",
      check: eventually(`${send}; grep -q capscope-test ${directory}/log/messages`),
      reset: `rm -f ${directory}/log/messages ${directory}/rsyslogd.pid`,
    };
  },
};
