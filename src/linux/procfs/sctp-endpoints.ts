// SPDX-License-Identifier: Apache-2.0
import type { InetSocket } from "../inet-socket.ts";
import { decodeIpv6, type IpAddress } from "../netlink/address.ts";
import { readText, textOrNull } from "./read-text.ts";

const ADDRESS_COLUMN = 8;

/** Reads the SCTP endpoints of this network namespace; null when the table is not there. */
export function readSctpEndpoints(): readonly InetSocket[] | null {
  const text = textOrNull(readText("/proc/self/net/sctp/eps"));
  return text === null ? null : parseSctpEndpoints(text);
}

/**
 * Parses the columns ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS (net/sctp/proc.c). Procfs
 * tells neither bound device nor IPV6_V6ONLY. Rows without an address are not bound.
 */
export function parseSctpEndpoints(text: string): readonly InetSocket[] {
  const sockets: InetSocket[] = [];
  for (const line of text.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    const addresses = columns.slice(ADDRESS_COLUMN).map(parseAddress);
    if (addresses.length === 0) continue;
    sockets.push({
      socketFamily: addresses.some(({ family }) => family === "ipv6") ? "ipv6" : "ipv4",
      state: Number(columns[3]),
      addresses,
      port: Number(columns[5]),
      connected: false,
      interfaceIndex: null,
      uid: Number(columns[6]),
      inode: Number(columns[7]),
      v6only: null,
      upperLayer: null,
    });
  }
  return sockets;
}

/** IPv4 in dotted form, IPv6 as eight groups of four digits (%pI6). */
function parseAddress(text: string): IpAddress {
  if (!text.includes(":")) return { family: "ipv4", text };
  const view = new DataView(new ArrayBuffer(16));
  text.split(":").forEach((group, at) => {
    if (at < 8) view.setUint16(at * 2, Number.parseInt(group, 16));
  });
  return decodeIpv6(view, 0);
}
