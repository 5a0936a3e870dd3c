// SPDX-License-Identifier: Apache-2.0
import { decodeIpv4, decodeIpv6 } from "../netlink/address.ts";
import { readText, textOrNull } from "./read-text.ts";

/** Indexes of the interfaces that joined each group, by canonical address text. */
export type Memberships = ReadonlyMap<string, ReadonlySet<number>>;

/** Reads the multicast memberships of this network namespace. */
export function readMemberships(): Memberships {
  return parseMemberships(
    textOrNull(readText("/proc/self/net/igmp")) ?? "",
    textOrNull(readText("/proc/self/net/igmp6")) ?? "",
  );
}

/** Parses /proc/net/igmp (net/ipv4/igmp.c) and /proc/net/igmp6 (net/ipv6/mcast.c). */
export function parseMemberships(igmp: string, igmp6: string): Memberships {
  const memberships = new Map<string, Set<number>>();
  const add = (group: string, index: number): void => {
    const indexes = memberships.get(group) ?? new Set();
    memberships.set(group, indexes.add(index));
  };
  let index = 0;
  for (const line of igmp.split("\n").slice(1)) {
    const device = /^(\d+)\s/.exec(line);
    const group = /^\s+([0-9A-F]{8})\s/.exec(line);
    if (device !== null) index = Number(device[1]);
    // A native-endian word, as in /proc/net/tcp.
    else if (group !== null) add(decodeIpv4(viewOf(group[1] ?? "", true), 0).text, index);
  }
  for (const line of igmp6.split("\n")) {
    const match = /^(\d+)\s+.*\s([0-9a-f]{32})\s/.exec(line);
    if (match !== null) add(decodeIpv6(viewOf(match[2] ?? "", false), 0).text, Number(match[1]));
  }
  return memberships;
}

function viewOf(hexadecimal: string, nativeWords: boolean): DataView {
  const view = new DataView(new ArrayBuffer(hexadecimal.length / 2));
  for (let word = 0; word * 8 < hexadecimal.length; word++) {
    const value = Number.parseInt(hexadecimal.slice(word * 8, word * 8 + 8), 16);
    view.setUint32(word * 4, value, nativeWords);
  }
  return view;
}
