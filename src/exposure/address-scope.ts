// SPDX-License-Identifier: Apache-2.0
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
  { prefix: "192.0.0.0/24", scope: "private" },
  { prefix: "192.0.2.0/24", scope: "private" },
  { prefix: "192.168.0.0/16", scope: "private" },
  { prefix: "198.18.0.0/15", scope: "private" },
  { prefix: "198.51.100.0/24", scope: "private" },
  { prefix: "203.0.113.0/24", scope: "private" },
  { prefix: "240.0.0.0/4", scope: "private" },
];

/** For IPv6 the first 16 bits and the length decide everywhere but for ::1 and 2001:db8::/32. */
const IPV6_SCOPES: readonly { first: number; mask: number; scope: AddressScope }[] = [
  { first: 0xfe80, mask: 0xffc0, scope: "link-local" },
  { first: 0xff00, mask: 0xff00, scope: "multicast" },
  { first: 0xfc00, mask: 0xfe00, scope: "private" },
  { first: 0xfec0, mask: 0xffc0, scope: "private" },
  { first: 0x0100, mask: 0xffff, scope: "private" },
  { first: 0x3fff, mask: 0xfff0, scope: "private" },
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

function ipv4Number(address: string): number {
  return address.split(".").reduce((number, byte) => number * 256 + Number(byte), 0);
}

function classifyIpv6(address: string): AddressScope {
  if (address === "::1") return "loopback";
  if (address.startsWith("2001:db8:")) return "private";
  const first = Number.parseInt(address.split(":")[0] || "0", 16);
  for (const row of IPV6_SCOPES) if ((first & row.mask) === row.first) return row.scope;
  return "public";
}
