// SPDX-License-Identifier: Apache-2.0
import { decodeIpv6, formatIpv4, ipv4Number } from "../netlink/address.ts";
import {
  IFF_LOOPBACK,
  IFF_RUNNING,
  IFF_UP,
  type Link,
  type LinkAddress,
} from "../netlink/route.ts";
import { readText, textOrNull } from "./read-text.ts";

/** What /proc and /sys tell of interfaces; kind, master and tunnel ports only rtnetlink tells. */
export interface ListedInterfaces {
  readonly links: readonly Link[];
  readonly addresses: readonly LinkAddress[];
}

/** Reads the interfaces of this network namespace without netlink. */
export function readListedInterfaces(): ListedInterfaces {
  const links = parseInterfaceNames(readTable("dev")).map(readListedLink);
  const indexOf = new Map(links.map(({ name, index }) => [name, index]));
  return {
    links,
    addresses: [
      ...parseIpv4Addresses(readTable("fib_trie"), readTable("route"), indexOf),
      ...parseIpv6Addresses(readTable("if_inet6")),
    ],
  };
}

/** Parses the names in /proc/net/dev. */
export function parseInterfaceNames(text: string): readonly string[] {
  return [...text.matchAll(/^\s*(\S+):/gm)].map((match) => match[1] ?? "");
}

/** Parses /proc/net/if_inet6: address, index, prefix length, scope, flags in hexadecimal, name. */
export function parseIpv6Addresses(text: string): readonly LinkAddress[] {
  return [...text.matchAll(/^([0-9a-f]{32}) ([0-9a-f]+) ([0-9a-f]+) /gm)].map((match) => {
    const view = new DataView(new ArrayBuffer(16));
    view.setBigUint64(0, BigInt(`0x${match[1]?.slice(0, 16)}`));
    view.setBigUint64(8, BigInt(`0x${match[1]?.slice(16)}`));
    return {
      interfaceIndex: Number.parseInt(match[2] ?? "", 16),
      family: "ipv6",
      address: decodeIpv6(view, 0).text,
      prefixLength: Number.parseInt(match[3] ?? "", 16),
    };
  });
}

/**
 * Joins the local addresses of /proc/net/fib_trie with the connected networks of /proc/net/route,
 * as no table says which interface has which IPv4 address. What is in no network counts to lo.
 */
export function parseIpv4Addresses(
  trie: string,
  route: string,
  indexOf: ReadonlyMap<string, number>,
): readonly LinkAddress[] {
  const networks = parseConnectedNetworks(route);
  const local = new Set<number>();
  for (const match of trie.matchAll(/\|-- ([0-9.]+)\n\s+\/32 host LOCAL/g)) {
    local.add(ipv4Number(match[1] ?? ""));
  }
  return [...local].flatMap((number) => {
    const network = networks.find(({ base, mask }) => (number & mask) >>> 0 === base);
    const interfaceIndex = indexOf.get(network?.device ?? "lo");
    if (interfaceIndex === undefined) return [];
    const isLoopback = number >>> 24 === 127;
    const prefixLength = network?.prefixLength ?? (isLoopback ? 8 : 32);
    return [{ interfaceIndex, family: "ipv4", address: formatIpv4(number), prefixLength }];
  });
}

interface ConnectedNetwork {
  readonly device: string;
  readonly base: number;
  readonly mask: number;
  readonly prefixLength: number;
}

/** Columns Iface Destination Gateway Flags RefCnt Use Metric Mask; the longest prefix first. */
function parseConnectedNetworks(text: string): readonly ConnectedNetwork[] {
  const networks: ConnectedNetwork[] = [];
  for (const line of text.split("\n").slice(1)) {
    const [device = "", destination = "", gateway = "", , , , , netmask = ""] = line.split("\t");
    const mask = parseWord(netmask);
    if (parseWord(gateway) !== 0 || mask === 0 || Number.isNaN(mask)) continue;
    networks.push({ device, base: parseWord(destination), mask, prefixLength: Math.clz32(~mask) });
  }
  return networks.toSorted((one, other) => other.prefixLength - one.prefixLength);
}

/** An address that the kernel printed as its CPU reads the word, in the order of its bytes. */
function parseWord(hexadecimal: string): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number.parseInt(hexadecimal, 16), true);
  return hexadecimal === "" ? Number.NaN : view.getUint32(0);
}

function readTable(name: string): string {
  return textOrNull(readText(`/proc/self/net/${name}`)) ?? "";
}

/** Where /sys is not mounted, an interface counts as up. */
function readListedLink(name: string, at: number): Link {
  const read = (file: string): string | null =>
    textOrNull(readText(`/sys/class/net/${name}/${file}`))?.trim() ?? null;
  const loopback = name === "lo" ? IFF_LOOPBACK : 0;
  const flags = Number(read("flags") ?? IFF_UP | loopback);
  const running = read("operstate") === "down" ? 0 : IFF_RUNNING;
  return {
    index: Number(read("ifindex") ?? at + 1),
    name,
    flags: flags | running,
    master: 0,
    kind: null,
    tunnelPort: null,
  };
}
