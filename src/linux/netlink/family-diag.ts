// SPDX-License-Identifier: Apache-2.0
import { decodeTerminatedText, decodeText } from "../bytes.ts";
import { SOCK_DIAG_BY_FAMILY } from "./inet-diag.ts";
import { LITTLE_ENDIAN, type Message, visitAttributes } from "./message.ts";
import type { DumpOutcome, NetlinkSocket } from "./socket.ts";

export const AF_UNIX = 1;
export const AF_PACKET = 17;
export const AF_VSOCK = 40;
export const AF_XDP = 44;

/** A packet socket. Source: include/uapi/linux/packet_diag.h. */
export interface PacketSocket {
  readonly type: number;
  /** Ethertype; 0 when the socket takes nothing. */
  readonly ethertype: number;
  /** 0 when bound to no interface, which means every interface. */
  readonly interfaceIndex: number;
  readonly uid: number;
  readonly inode: number;
}

/** A VSOCK socket. Source: include/uapi/linux/vm_sockets_diag.h. */
export interface VsockSocket {
  readonly type: number;
  readonly state: number;
  readonly cid: number;
  readonly port: number;
  readonly inode: number;
}

/** An AF_XDP socket. Source: include/uapi/linux/xdp_diag.h. */
export interface XdpSocket {
  readonly interfaceIndex: number;
  readonly queue: number;
  readonly uid: number;
  readonly inode: number;
}

/** A UNIX socket. Source: include/uapi/linux/unix_diag.h. */
export interface UnixSocket {
  readonly type: number;
  readonly state: number;
  /** Path, or abstract name with its leading NUL; null when not bound. */
  readonly name: string | null;
  /** Inode number of the path it was bound to; null when abstract or not bound. */
  readonly fileInode: number | null;
  readonly uid: number | null;
  readonly inode: number;
}

export interface Dump<T> {
  readonly sockets: readonly T[];
  readonly outcome: DumpOutcome;
}

/** Dumps every packet socket of this network namespace. Requires CONFIG_PACKET_DIAG. */
export function readPacketSockets(netlink: NetlinkSocket): Dump<PacketSocket> {
  const SHOW_INFO = 1;
  return dumpFamily(netlink, request(20, AF_PACKET, 8, SHOW_INFO), decodePacketSocket);
}

/** Dumps every VSOCK socket of the machine. Requires CONFIG_VSOCKETS_DIAG. */
export function readVsockSockets(netlink: NetlinkSocket): Dump<VsockSocket> {
  const ALL_STATES = 0xffffffff;
  return dumpFamily(netlink, request(24, AF_VSOCK, 4, ALL_STATES), decodeVsockSocket);
}

/** Dumps every AF_XDP socket of this network namespace. Requires CONFIG_XDP_SOCKETS_DIAG. */
export function readXdpSockets(netlink: NetlinkSocket): Dump<XdpSocket> {
  const SHOW_INFO = 1;
  return dumpFamily(netlink, request(20, AF_XDP, 8, SHOW_INFO), decodeXdpSocket);
}

/** Dumps the UNIX sockets of this network namespace in `states`. Requires CONFIG_UNIX_DIAG. */
export function readUnixSockets(netlink: NetlinkSocket, states: number): Dump<UnixSocket> {
  const SHOW_NAME = 0x1;
  const SHOW_VFS = 0x2;
  const SHOW_UID = 0x40;
  const payload = request(24, AF_UNIX, 4, states);
  new DataView(payload.buffer).setUint32(12, SHOW_NAME | SHOW_VFS | SHOW_UID, LITTLE_ENDIAN);
  return dumpFamily(netlink, payload, decodeUnixSocket);
}

/** Decodes struct packet_diag_msg; null when it is too short. */
export function decodePacketSocket(view: DataView, message: Message): PacketSocket | null {
  const at = message.start;
  if (message.end - at < 16) return null;
  let interfaceIndex = 0;
  let uid = 0;
  visitAttributes(view, at + 16, message.end, (type, start, end) => {
    const INFO = 0;
    const UID = 5;
    if (type === INFO && end - start >= 4) interfaceIndex = view.getUint32(start, LITTLE_ENDIAN);
    else if (type === UID && end - start >= 4) uid = view.getUint32(start, LITTLE_ENDIAN);
  });
  return {
    type: view.getUint8(at + 1),
    ethertype: view.getUint16(at + 2, LITTLE_ENDIAN),
    interfaceIndex,
    uid,
    inode: view.getUint32(at + 4, LITTLE_ENDIAN),
  };
}

/** Decodes struct vsock_diag_msg; null when it is too short. */
export function decodeVsockSocket(view: DataView, message: Message): VsockSocket | null {
  const at = message.start;
  if (message.end - at < 32) return null;
  return {
    type: view.getUint8(at + 1),
    state: view.getUint8(at + 2),
    cid: view.getUint32(at + 4, LITTLE_ENDIAN),
    port: view.getUint32(at + 8, LITTLE_ENDIAN),
    inode: view.getUint32(at + 20, LITTLE_ENDIAN),
  };
}

/** Decodes struct xdp_diag_msg; null when it is too short. */
export function decodeXdpSocket(view: DataView, message: Message): XdpSocket | null {
  const at = message.start;
  if (message.end - at < 16) return null;
  let interfaceIndex = 0;
  let queue = 0;
  let uid = 0;
  visitAttributes(view, at + 16, message.end, (type, start, end) => {
    const INFO = 1;
    const UID = 2;
    if (type === INFO && end - start >= 8) {
      interfaceIndex = view.getUint32(start, LITTLE_ENDIAN);
      queue = view.getUint32(start + 4, LITTLE_ENDIAN);
    } else if (type === UID && end - start >= 4) uid = view.getUint32(start, LITTLE_ENDIAN);
  });
  return { interfaceIndex, queue, uid, inode: view.getUint32(at + 4, LITTLE_ENDIAN) };
}

/** Decodes struct unix_diag_msg; null when it is too short. */
export function decodeUnixSocket(view: DataView, message: Message): UnixSocket | null {
  const at = message.start;
  if (message.end - at < 16) return null;
  let name: string | null = null;
  let fileInode: number | null = null;
  let uid: number | null = null;
  visitAttributes(view, at + 16, message.end, (type, start, end) => {
    const NAME = 0;
    const VFS = 1;
    const UID = 7;
    if (type === NAME) name = decodeName(view, start, end);
    else if (type === VFS && end - start >= 8) fileInode = view.getUint32(start, LITTLE_ENDIAN);
    else if (type === UID && end - start >= 4) uid = view.getUint32(start, LITTLE_ENDIAN);
  });
  return {
    type: view.getUint8(at + 1),
    state: view.getUint8(at + 2),
    name,
    fileInode,
    uid,
    inode: view.getUint32(at + 4, LITTLE_ENDIAN),
  };
}

/** A path ends at its first NUL; an abstract name starts with one and may hold more. */
function decodeName(view: DataView, start: number, end: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, end - start);
  return bytes[0] === 0 ? decodeText(bytes) : decodeTerminatedText(bytes);
}

/** A request of `length` bytes that starts with the family and has `value` at offset `at`. */
function request(length: number, family: number, at: number, value: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = family;
  new DataView(bytes.buffer).setUint32(at, value, LITTLE_ENDIAN);
  return bytes;
}

function dumpFamily<T>(
  netlink: NetlinkSocket,
  payload: Uint8Array,
  decode: (view: DataView, message: Message) => T | null,
): Dump<T> {
  const sockets: T[] = [];
  const outcome = netlink.dump(
    SOCK_DIAG_BY_FAMILY,
    payload,
    (view, message) => {
      const socket = decode(view, message);
      if (socket !== null) sockets.push(socket);
    },
    () => {
      sockets.length = 0;
    },
  );
  return { sockets, outcome };
}
