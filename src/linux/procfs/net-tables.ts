// SPDX-License-Identifier: Apache-2.0
import type { InetSocket } from "../inet-socket.ts";
import { decodeIpv4, decodeIpv6, type IpAddress } from "../netlink/address.ts";
import type { PacketSocket } from "../netlink/family-diag.ts";
import { type ReadResult, readText } from "./read-text.ts";

/** A socket of a Bluetooth family, of which procfs tells only that it exists. */
export interface BluetoothSocket {
  readonly uid: number;
  readonly inode: number;
}

/**
 * Reads a table such as "tcp6", "raw" or "icmp" of this network namespace. Procfs tells neither
 * the bound device nor IPV6_V6ONLY, so both are null. Null when the table cannot be read.
 */
export function readInetTable(table: string): readonly InetSocket[] | null {
  return parseWhole(readText(`/proc/self/net/${table}`), (text) =>
    parseInetTable(text, table.endsWith("6") ? "ipv6" : "ipv4"),
  );
}

/** Reads /proc/net/packet; null when it cannot be read. */
export function readPacketTable(): readonly PacketSocket[] | null {
  return parseWhole(readText("/proc/self/net/packet"), parsePacketTable);
}

/** Reads /proc/net/rfcomm, l2cap, sco, iso or hci; null when the kernel has no such table. */
export function readBluetoothTable(table: string): readonly BluetoothSocket[] | null {
  return parseWhole(readText(`/proc/self/net/${table}`), parseBluetoothTable);
}

/**
 * Parses a table of net/ipv4/tcp_ipv4.c and its like: addresses are native-endian 32-bit words in
 * hexadecimal, ports and states hexadecimal, uid and inode decimal. Lines that do not fit are left out.
 */
export function parseInetTable(text: string, socketFamily: "ipv4" | "ipv6"): readonly InetSocket[] {
  const sockets: InetSocket[] = [];
  for (const line of text.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    const local = decodeEndpoint(columns[1]);
    const remote = decodeEndpoint(columns[2]);
    if (local === null || remote === null || columns.length < 10) continue;
    sockets.push({
      socketFamily,
      state: Number.parseInt(columns[3] ?? "", 16),
      addresses: [local.address],
      port: local.port,
      connected: remote.port !== 0 || !isUnspecified(remote.address),
      interfaceIndex: null,
      uid: Number(columns[7]),
      inode: Number(columns[9]),
      v6only: null,
      upperLayer: null,
    });
  }
  return sockets;
}

/** Parses the columns sk RefCnt Type Proto Iface R Rmem User Inode (net/packet/af_packet.c). */
export function parsePacketTable(text: string): readonly PacketSocket[] {
  return rows(text, 9).map((columns) => ({
    type: Number(columns[2]),
    ethertype: Number.parseInt(columns[3] ?? "", 16),
    interfaceIndex: Number(columns[4]),
    uid: Number(columns[7]),
    inode: Number(columns[8]),
  }));
}

/** Parses the columns sk RefCnt Rmem Wmem User Inode Parent (net/bluetooth/af_bluetooth.c). */
export function parseBluetoothTable(text: string): readonly BluetoothSocket[] {
  return rows(text, 6).map((columns) => ({ uid: Number(columns[4]), inode: Number(columns[5]) }));
}

function parseWhole<T>(result: ReadResult, parse: (text: string) => T): T | null {
  return result.kind === "text" ? parse(result.text) : null;
}

function rows(text: string, columns: number): string[][] {
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => row.length >= columns);
}

function decodeEndpoint(column: string | undefined): { address: IpAddress; port: number } | null {
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(column ?? "");
  const hexadecimal = match?.[1];
  if (hexadecimal === undefined) return null;
  const view = new DataView(new ArrayBuffer(hexadecimal.length / 2));
  for (let word = 0; word * 8 < hexadecimal.length; word++) {
    const value = Number.parseInt(hexadecimal.slice(word * 8, word * 8 + 8), 16);
    // The kernel prints the 32 bits as its CPU reads them; written back so, they are in network order.
    view.setUint32(word * 4, value, true);
  }
  const address = hexadecimal.length === 8 ? decodeIpv4(view, 0) : decodeIpv6(view, 0);
  return { address, port: Number.parseInt(match?.[2] ?? "", 16) };
}

function isUnspecified(address: IpAddress): boolean {
  return address.text === "0.0.0.0" || address.text === "::";
}
