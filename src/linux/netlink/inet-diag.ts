// SPDX-License-Identifier: Apache-2.0
import type { InetSocket } from "../inet-socket.ts";
import { decodeIpv4, decodeIpv6, type IpAddress } from "./address.ts";
import { encodeUint32Attribute, LITTLE_ENDIAN, type Message, visitAttributes } from "./message.ts";
import type { DumpOutcome, NetlinkSocket } from "./socket.ts";

/** Source of all numbers here: include/uapi/linux/inet_diag.h and sock_diag.h. */
export const SOCK_DIAG_BY_FAMILY = 20;
export const AF_INET = 2;
export const AF_INET6 = 10;

const REQUEST_LENGTH = 56;
const REQUEST_PROTOCOL_ATTRIBUTE = 3;
const MESSAGE_LENGTH = 72;
const ATTRIBUTE_SKV6ONLY = 11;
const ATTRIBUTE_LOCALS = 12;
const ATTRIBUTE_ULP_INFO = 19;
const ULP_INFO_NAME = 1;
/** sizeof(struct sockaddr_storage): the stride of INET_DIAG_LOCALS. */
const SOCKADDR_LENGTH = 128;

export interface InetDiagQuery {
  readonly family: typeof AF_INET | typeof AF_INET6;
  /** An IPPROTO_ number; those above 255 (MPTCP) go into an attribute. */
  readonly protocol: number;
  /** Bit n selects state n. */
  readonly states: number;
}

/** Dumps the sockets of this network namespace that match; the list is void when refused. */
export function readInetSockets(
  netlink: NetlinkSocket,
  query: InetDiagQuery,
): { readonly sockets: readonly InetSocket[]; readonly outcome: DumpOutcome } {
  const sockets: InetSocket[] = [];
  const outcome = netlink.dump(
    SOCK_DIAG_BY_FAMILY,
    encodeInetDiagRequest(query),
    (view, message) => {
      const socket = decodeInetSocket(view, message);
      if (socket !== null) sockets.push(socket);
    },
    () => {
      sockets.length = 0;
    },
  );
  return { sockets, outcome };
}

/** Encodes struct inet_diag_req_v2, and INET_DIAG_REQ_PROTOCOL where the number needs it. */
export function encodeInetDiagRequest(query: InetDiagQuery): Uint8Array {
  const wide = query.protocol > 0xff;
  const attribute = wide
    ? encodeUint32Attribute(REQUEST_PROTOCOL_ATTRIBUTE, query.protocol)
    : new Uint8Array(0);
  const bytes = new Uint8Array(REQUEST_LENGTH + attribute.length);
  bytes[0] = query.family;
  bytes[1] = wide ? 0 : query.protocol;
  new DataView(bytes.buffer).setUint32(4, query.states, LITTLE_ENDIAN);
  bytes.set(attribute, REQUEST_LENGTH);
  return bytes;
}

/** Decodes struct inet_diag_msg with its attributes; null when it is too short or of another family. */
export function decodeInetSocket(view: DataView, message: Message): InetSocket | null {
  const at = message.start;
  if (message.end - at < MESSAGE_LENGTH) return null;
  const family = view.getUint8(at);
  if (family !== AF_INET && family !== AF_INET6) return null;
  const decodeAddress = family === AF_INET ? decodeIpv4 : decodeIpv6;
  let v6only: boolean | null = null;
  let upperLayer: string | null = null;
  let addresses: readonly IpAddress[] = [decodeAddress(view, at + 8)];
  visitAttributes(view, at + MESSAGE_LENGTH, message.end, (type, start, end) => {
    if (type === ATTRIBUTE_SKV6ONLY && end > start) v6only = view.getUint8(start) !== 0;
    else if (type === ATTRIBUTE_LOCALS) addresses = decodeLocals(view, start, end, addresses);
    else if (type === ATTRIBUTE_ULP_INFO) upperLayer = decodeUpperLayer(view, start, end);
  });
  return {
    socketFamily: family === AF_INET ? "ipv4" : "ipv6",
    state: view.getUint8(at + 1),
    addresses,
    port: view.getUint16(at + 4),
    connected: view.getUint16(at + 6) !== 0 || !isZero(view, at + 24),
    interfaceIndex: view.getUint32(at + 40, LITTLE_ENDIAN),
    uid: view.getUint32(at + 64, LITTLE_ENDIAN),
    inode: view.getUint32(at + 68, LITTLE_ENDIAN),
    v6only,
    upperLayer,
  };
}

function isZero(view: DataView, at: number): boolean {
  for (let word = 0; word < 16; word += 4) if (view.getUint32(at + word) !== 0) return false;
  return true;
}

/** INET_DIAG_LOCALS: an array of struct sockaddr_storage (net/sctp/diag.c). */
function decodeLocals(
  view: DataView,
  start: number,
  end: number,
  fallback: readonly IpAddress[],
): readonly IpAddress[] {
  const addresses: IpAddress[] = [];
  for (let at = start; at + SOCKADDR_LENGTH <= end; at += SOCKADDR_LENGTH) {
    const family = view.getUint16(at, LITTLE_ENDIAN);
    if (family === AF_INET) addresses.push(decodeIpv4(view, at + 4));
    else if (family === AF_INET6) addresses.push(decodeIpv6(view, at + 8));
  }
  return addresses.length > 0 ? addresses : fallback;
}

function decodeUpperLayer(view: DataView, start: number, end: number): string | null {
  let name: string | null = null;
  visitAttributes(view, start, end, (type, from, to) => {
    if (type !== ULP_INFO_NAME) return;
    name = "";
    for (let at = from; at < to && view.getUint8(at) !== 0; at++) {
      name += String.fromCharCode(view.getUint8(at));
    }
  });
  return name;
}
