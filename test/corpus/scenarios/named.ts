// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import { eventually, type Scenario } from "../scenario.ts";
import { ask } from "../stage.ts";

const NAMED = "/usr/sbin/named";

export const named: Scenario = {
  title: "named, which drops to a user and keeps some capabilities",
  files: [NAMED],
  needs: {
    net_bind_service: "port 53",
    setgid: "the groups of the user that it drops to",
    setuid: "the user that it drops to",
  },
  extras: {
    chown: "kept in its sets, where it has it",
    dac_read_search: "kept in its sets, where it has it",
    sys_chroot: "kept in its sets, where it has it",
  },
  prepare(stage) {
    const { directory } = stage;
    mkdirSync(`${directory}/work`);
    stage.run("chown", "bind", `${directory}/work`);
    stage.write(
      "zone",
      "$TTL 60\n@ SOA ns.capscope.test. root.capscope.test. 1 60 60 60 60\n  NS ns\n  A 192.0.2.1\nns A 192.0.2.2\n",
    );
    const configuration = stage.write(
      "named.conf",
      `options {
  directory "${directory}/work"; pid-file none; session-keyfile none; dnssec-validation no;
  listen-on { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
};
controls {};
zone "capscope.test" { type primary; file "${directory}/zone"; };\n`,
    );
    return {
      command: [NAMED, "-g", "-u", "bind", "-n", "1", "-c", configuration],
      mounts: { "/run": null },
      ready: "delay:0",
      check: eventually(`test "$(${ask("dns", 53, "capscope.test")})" = 192.0.2.1`),
    };
  },
};
