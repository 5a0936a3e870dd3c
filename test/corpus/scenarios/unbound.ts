// SPDX-License-Identifier: Apache-2.0
import { eventually, type Scenario } from "../scenario.ts";
import { ask } from "../stage.ts";

const UNBOUND = "/usr/sbin/unbound";

export const unbound: Scenario = {
  title: "unbound in a root directory of its own",
  files: [UNBOUND],
  needs: {
    net_bind_service: "port 53",
    setgid: "the group that it drops to",
    setuid: "the user that it drops to",
    sys_chroot: "its root directory",
  },
  prepare(stage) {
    const configuration = stage.write(
      "unbound.conf",
      `server:
  interface: 127.0.0.1
  username: unbound
  directory: "${stage.directory}"
  chroot: "${stage.directory}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  module-config: iterator
  local-zone: "test." static
  local-data: "capscope.test. A 192.0.2.1"
remote-control:
  control-enable: no\n`,
    );
    return {
      command: [UNBOUND, "-d", "-c", configuration],
      ready: "delay:0",
      check: eventually(`test "$(${ask("dns", 53, "capscope.test")})" = 192.0.2.1`),
    };
  },
};
