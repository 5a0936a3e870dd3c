// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";

const TRACEROUTE = "/usr/bin/traceroute.db";

export const traceroute: Scenario = {
  title: "traceroute by ICMP",
  files: [TRACEROUTE],
  needs: { net_raw: "the raw socket" },
  prepare: () => ({
    command: [
      "/bin/sh",
      "-c",
      `${TRACEROUTE} -I -n -q 1 -w 1 -m 2 127.0.0.1 | grep -q ' 1  127.0.0.1'`,
    ],
  }),
};

export const fping: Scenario = {
  title: "fping, which has a file capability",
  files: ["/usr/bin/fping"],
  needs: { net_raw: "the raw socket; its file insists on it" },
  prepare: () => ({ command: ["/usr/bin/fping", "-q", "-c", "1", "-t", "500", "127.0.0.1"] }),
};
