// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";

const PING = "/usr/bin/ping";
const ONCE = ["-n", "-c", "1", "-W", "2", "127.0.0.1"];
// A new network namespace lets nobody open an ICMP socket without a capability: see man 7 icmp.
const expectReply = (_: unknown, output: string): void => {
  if (!output.includes("1 received")) throw new Error(output);
};

export const pingAsRoot: Scenario = {
  title: "ping, run by root",
  files: [PING],
  needs: { net_raw: "the raw socket" },
  alsoKept: { net_admin: "for marks, option -m" },
  prepare: () => ({ command: [PING, ...ONCE], exercise: expectReply, isDaemon: false }),
};

export const pingAsUser: Scenario = {
  title: "ping, run by a user through its file capability",
  files: [PING],
  needs: {
    net_raw: "the raw socket",
    setgid: "setpriv: another group",
    setuid: "setpriv: another user",
  },
  prepare: () => ({
    command: [..."setpriv --reuid=65534 --regid=65534 --clear-groups".split(" "), PING, ...ONCE],
    exercise: expectReply,
    isDaemon: false,
  }),
};

export const pingWithoutRawSocket: Scenario = {
  title: "ping where every group may open ICMP sockets",
  files: [PING],
  needs: {},
  alsoKept: { net_admin: "for marks, option -m", net_raw: "for a raw socket" },
  prepare(stage) {
    stage.run("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647");
    // A copy has no file capability: with one, exec fails where the bounding set lacks it.
    const copy = `${stage.directory}/ping`;
    stage.run("cp", PING, copy);
    return { command: [copy, ...ONCE], exercise: expectReply, isDaemon: false };
  },
};
