// SPDX-License-Identifier: Apache-2.0
import { eventually, type Scenario } from "../scenario.ts";
import { ask, type Stage } from "../stage.ts";

const TCPDUMP = "/usr/bin/tcpdump";
const prepareFor =
  (user: string): Scenario["prepare"] =>
  ({ directory }: Stage) => {
    const shown = `${directory}/shown`;
    const command = `exec ${TCPDUMP} --immediate-mode -l -n -i lo -Z ${user} udp port 9 >${shown}`;
    return {
      command: ["/bin/sh", "-c", command],
      ready: "delay:0",
      check: eventually(`${ask("datagram", 9, "x")} && grep -q "127.0.0.1.9: UDP" ${shown}`),
      reset: `rm -f ${shown}`,
    };
  };

export const tcpdump: Scenario = {
  title: "tcpdump, which drops to a user",
  files: [TCPDUMP],
  needs: {
    net_raw: "the packet socket",
    setgid: "initgroups() and setgid() to the user's",
    setuid: "setuid() to the user",
  },
  prepare: prepareFor("tcpdump"),
};

export const tcpdumpAsRoot: Scenario = {
  ...tcpdump,
  title: "tcpdump, which stays root",
  needs: { net_raw: "the packet socket", setgid: "initgroups() with root's groups" },
  prepare: prepareFor("root"),
};
