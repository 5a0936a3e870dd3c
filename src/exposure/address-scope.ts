// SPDX-License-Identifier: Apache-2.0
import { ipv4Number } from "../linux/netlink/address.ts";
import type { AddressFamily, AddressScope } from "./model.ts";

interface ScopeRow {
  readonly prefix: string;
  readonly scope: AddressScope;
}

/**
 * First match wins; what matches nothing is public. Source: the IANA special-purpose address
 * registries (RFC 6890 and its updates): everything "globally reachable: false" that is not
 * loopback, link-local or multicast counts as private.
 */
const IPV4_SCOPES: readonly ScopeRow[] = [
  { prefix: "127.0.0.0/8", scope: "loopback" },
  { prefix: "169.254.0.0/16", scope: "link-local" },
  { prefix: "224.0.0.0/4", scope: "multicast" },
  { prefix: "0.0.0.0/8", scope: "private" },
  { prefix: "10.0.0.0/8", scope: "private" },
  { prefix: "100.64.0.0/10", scope: "private" },
  { prefix: "172.16.0.0/12", scope: "private" },
  { prefix: "192.0.0.9/32", scope: "public" },
  { prefix: "192.0.0.10/32", scope: "public" },
  { prefix: "192.0.0.0/24", scope: "private" },
  { prefix: "192.0.2.0/24", scope: "private" },
  { prefix: "192.168.0.0/16", scope: "private" },
  { prefix: "198.18.0.0/15", scope: "private" },
  { prefix: "198.51.100.0/24", scope: "private" },
  { prefix: "203.0.113.0/24", scope: "private" },
  { prefix: "240.0.0.0/4", scope: "private" },
];

const IPV6_SCOPES: readonly ScopeRow[] = [
  { prefix: "::1/128", scope: "loopback" },
  { prefix: "fe80::/10", scope: "link-local" },
  { prefix: "ff00::/8", scope: "multicast" },
  { prefix: "::/128", scope: "private" },
  { prefix: "64:ff9b:1::/48", scope: "private" },
  { prefix: "100::/64", scope: "private" },
  { prefix: "100:0:0:1::/64", scope: "private" },
  { prefix: "2001:2::/48", scope: "private" },
  { prefix: "2001:db8::/32", scope: "private" },
  { prefix: "3fff::/20", scope: "private" },
  { prefix: "5f00::/16", scope: "private" },
  { prefix: "fc00::/7", scope: "private" },
  { prefix: "fec0::/10", scope: "private" },
];

/** From narrow to wide. */
const WIDTH: readonly AddressScope[] = ["loopback", "link-local", "multicast", "private", "public"];

const IPV4_RANGES = IPV4_SCOPES.map(({ prefix, scope }) => {
  const [network, length] = prefix.split("/");
  const mask = (0xffffffff << (32 - Number(length))) >>> 0;
  return { network: ipv4Number(network ?? ""), mask, scope };
});

/** Tells how far an address reaches. `address` is canonical text. */
export function classifyAddress(family: AddressFamily, address: string): AddressScope {
  return family === "ipv4" ? classifyIpv4(address) : classifyIpv6(address);
}

/** The widest of some scopes; null of none. */
export function widestScope(scopes: readonly AddressScope[]): AddressScope | null {
  let widest: AddressScope | null = null;
  for (const scope of scopes) {
    if (widest === null || WIDTH.indexOf(scope) > WIDTH.indexOf(widest)) widest = scope;
  }
  return widest;
}

function classifyIpv4(address: string): AddressScope {
  const number = ipv4Number(address);
  for (const { network, mask, scope } of IPV4_RANGES) {
    if ((number & mask) >>> 0 === network) return scope;
  }
  return "public";
}

function classifyIpv6(address: string): AddressScope {
  const groups = ipv6Groups(address);
  return (
    IPV6_RANGES.find(({ network, length }) => hasPrefix(groups, network, length))?.scope ?? "public"
  );
}

function hasPrefix(groups: readonly number[], network: readonly number[], length: number): boolean {
  for (let at = 0; at * 16 < length; at++) {
    const bits = Math.min(16, length - at * 16);
    const mask = (0xffff << (16 - bits)) & 0xffff;
    if ((((groups[at] ?? 0) ^ (network[at] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

/** The eight groups of an IPv6 address in canonical text. */
function ipv6Groups(address: string): readonly number[] {
  const [head = "", tail] = address.split("::");
  const parse = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [before, after] = [parse(head), parse(tail ?? "")];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

const IPV6_RANGES = IPV6_SCOPES.map(({ prefix, scope }) => {
  const [network = "", length] = prefix.split("/");
  return { network: ipv6Groups(network), length: Number(length), scope };
});
