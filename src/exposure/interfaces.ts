// SPDX-License-Identifier: Apache-2.0
import {
  IFF_LOOPBACK,
  IFF_RUNNING,
  IFF_UP,
  type Link,
  type LinkAddress,
  readAddresses,
  readLinks,
} from "../linux/netlink/route.ts";
import { readListedInterfaces } from "../linux/procfs/interfaces.ts";
import type { NetlinkSocket } from "../linux/netlink/socket.ts";
import { classifyAddress } from "./address-scope.ts";
import type { Interface } from "./model.ts";

/** The interfaces of this network namespace, and what reachability needs beside them. */
export interface InterfaceTable {
  /** By index. */
  readonly interfaces: readonly Interface[];
  /** Index of the bridge, bond or VRF that an interface belongs to; absent for none. */
  readonly masters: ReadonlyMap<number, number>;
  /** UDP ports on which the kernel listens for a tunnel interface, with what to call it. */
  readonly tunnelPorts: ReadonlyMap<number, string>;
  /** False when rtnetlink was not there: kinds and masters are missing, addresses are deduced. */
  readonly complete: boolean;
}

/** Reads the interfaces through rtnetlink, or what /proc tells without it. */
export function readInterfaces(route: NetlinkSocket | null): InterfaceTable {
  if (route === null) return fallbackTable();
  const links = readLinks(route);
  const addresses = readAddresses(route);
  if (links.outcome.kind === "refused" || addresses.outcome.kind === "refused") {
    return fallbackTable();
  }
  return buildInterfaceTable(links.links, addresses.addresses);
}

/** Joins links and addresses. */
export function buildInterfaceTable(
  links: readonly Link[],
  addresses: readonly LinkAddress[],
): InterfaceTable {
  const byInterface = new Map<number, LinkAddress[]>();
  for (const address of addresses) {
    const known = byInterface.get(address.interfaceIndex);
    if (known === undefined) byInterface.set(address.interfaceIndex, [address]);
    else known.push(address);
  }
  const sorted = links.toSorted((one, other) => one.index - other.index);
  return {
    interfaces: sorted.map((link) => buildInterface(link, byInterface.get(link.index) ?? [])),
    masters: new Map(
      links.filter(({ master }) => master !== 0).map(({ index, master }) => [index, master]),
    ),
    tunnelPorts: tunnelPortsOf(links),
    complete: true,
  };
}

function tunnelPortsOf(links: readonly Link[]): ReadonlyMap<number, string> {
  const ports = new Map<number, string>();
  for (const { kind, name, tunnelPort } of links) {
    if (tunnelPort !== null) ports.set(tunnelPort, `${kind} interface ${name}`);
  }
  return ports;
}

function buildInterface(link: Link, addresses: readonly LinkAddress[]): Interface {
  return {
    index: link.index,
    name: link.name,
    state: stateOf(link.flags),
    loopback: (link.flags & IFF_LOOPBACK) !== 0,
    kind: link.kind,
    addresses: addresses.map(({ family, address, prefixLength }) => ({
      family,
      address,
      prefixLength,
      scope: classifyAddress(family, address),
    })),
  };
}

function stateOf(flags: number): Interface["state"] {
  if ((flags & IFF_UP) === 0) return "down";
  return (flags & IFF_RUNNING) === 0 ? "no-carrier" : "up";
}

function fallbackTable(): InterfaceTable {
  const { links, addresses } = readListedInterfaces();
  return { ...buildInterfaceTable(links, addresses), complete: false };
}
