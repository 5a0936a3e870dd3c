// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";

const LINES = `link add name capscope0 type bridge
link set capscope0 up
address add 192.0.2.1/24 dev capscope0
route add 198.51.100.0/24 via 192.0.2.2\n`;

export const ip: Scenario = {
  title: "ip, which sets up an interface, an address and a route",
  files: ["/usr/sbin/ip"],
  needs: { net_admin: "each request that changes something" },
  prepare: (stage) => ({
    command: ["/usr/sbin/ip", "-batch", stage.write("batch", LINES)],
    check: "ip route show 198.51.100.0/24 | grep -q 'dev capscope0'",
    reset: "ip link delete capscope0 2>/dev/null; true",
  }),
};
