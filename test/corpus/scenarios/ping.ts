// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";

const PING = "/usr/bin/ping";
const ONCE = ["-n", "-c", "1", "-W", "2", "127.0.0.1"];
// A new network namespace lets nobody open an ICMP socket without a capability: see man 7 icmp.

export const pingAsRoot: Scenario = {
  title: "ping, run by root",
  files: [PING],
  needs: { net_raw: "the raw socket" },
  extras: { net_admin: "kept in its sets for marks, option -m" },
  prepare: () => ({ command: [PING, ...ONCE] }),
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
  }),
};

export const pingWithoutRawSocket: Scenario = {
  title: "ping where every group may open ICMP sockets",
  files: [PING],
  needs: {},
  extras: {
    net_admin: "kept in its sets for marks, option -m",
    net_raw: "kept in its sets for a raw socket",
  },
  prepare(stage) {
    stage.run("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647");
    // A copy has no file capability: with one, exec fails where the bounding set lacks it.
    const copy = `${stage.directory}/ping`;
    stage.run("cp", PING, copy);
    return { command: [copy, ...ONCE] };
  },
};
