// SPDX-License-Identifier: Apache-2.0
import { PYTHON } from "../../privileged/harness/actor.ts";
import type { Scenario } from "../scenario.ts";

const SEND = 'import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))';

export const tcpdump: Scenario = {
  title: "tcpdump, which drops to a user",
  files: ["/usr/bin/tcpdump"],
  needs: {
    net_raw: "the packet socket",
    setgid: "initgroups() and setgid() to the user's",
    setuid: "setuid() to the user",
  },
  prepare: () => ({
    command: "/usr/bin/tcpdump --immediate-mode -n -i lo -c 1 -Z tcpdump udp port 9".split(" "),
    exercise(stage, output) {
      stage.run(PYTHON, "-S", "-c", SEND);
      if (!output.includes("127.0.0.1.9: UDP")) throw new Error(output);
    },
    isDaemon: false,
  }),
};

export const tcpdumpAsRoot: Scenario = {
  ...tcpdump,
  title: "tcpdump, which stays root",
  needs: { net_raw: "the packet socket", setgid: "initgroups() with root's groups" },
  alsoAsked: { setuid: "setuid() to root, which it is: allowed to anyone" },
  prepare: (stage) => {
    const plan = tcpdump.prepare(stage);
    return { ...plan, command: plan.command.map((word) => (word === "tcpdump" ? "root" : word)) };
  },
};
