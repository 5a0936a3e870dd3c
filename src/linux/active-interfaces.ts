// SPDX-License-Identifier: Apache-2.0
import { networkInterfaces } from "node:os";
import type { Link, LinkAddress } from "./netlink/route.ts";
import { IFF_LOOPBACK, IFF_RUNNING, IFF_UP } from "./netlink/route.ts";

/**
 * What the C library tells of interfaces where rtnetlink is not allowed: only those that are up and
 * have an address, without kind and master; the indexes are made up.
 */
export function readActiveInterfaces(): {
  readonly links: readonly Link[];
  readonly addresses: readonly LinkAddress[];
} {
  const links: Link[] = [];
  const addresses: LinkAddress[] = [];
  for (const [name, known = []] of Object.entries(networkInterfaces())) {
    const index = links.length + 1;
    const loopback = known.some(({ internal }) => internal) ? IFF_LOOPBACK : 0;
    const flags = IFF_UP | IFF_RUNNING | loopback;
    links.push({ index, name, flags, master: 0, kind: null, tunnelPort: null });
    for (const { address, family, cidr } of known) {
      addresses.push({
        interfaceIndex: index,
        family: family === "IPv4" ? "ipv4" : "ipv6",
        address,
        prefixLength: Number(cidr?.split("/")[1] ?? 0),
      });
    }
  }
  return { links, addresses };
}
