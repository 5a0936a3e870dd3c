// SPDX-License-Identifier: Apache-2.0

/** Netlink message types and flags. Source: include/uapi/linux/netlink.h, man 7 netlink. */
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLM_F_REQUEST = 0x1;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP = 0x300;

const HEADER_LENGTH = 16;
const ATTRIBUTE_HEADER_LENGTH = 4;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER are not part of the type. */
const ATTRIBUTE_TYPE_MASK = 0x3fff;

/** Netlink speaks the machine's byte order; every machine that this runs on is little-endian. */
export const LITTLE_ENDIAN = true;

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Payload bounds in the buffer. */
  readonly start: number;
  readonly end: number;
}

/** Encodes one request. */
export function encodeRequest(
  type: number,
  flags: number,
  sequence: number,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, LITTLE_ENDIAN);
  view.setUint16(4, type, LITTLE_ENDIAN);
  view.setUint16(6, flags, LITTLE_ENDIAN);
  view.setUint32(8, sequence, LITTLE_ENDIAN);
  bytes.set(payload, HEADER_LENGTH);
  return bytes;
}

/** Encodes an attribute whose payload is one 32-bit number. */
export function encodeUint32Attribute(type: number, value: number): Uint8Array {
  const bytes = new Uint8Array(ATTRIBUTE_HEADER_LENGTH + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length, LITTLE_ENDIAN);
  view.setUint16(2, type, LITTLE_ENDIAN);
  view.setUint32(4, value, LITTLE_ENDIAN);
  return bytes;
}

/** Splits a datagram into messages; a length that does not fit ends the walk. */
export function* messagesIn(view: DataView, length: number): Generator<Message> {
  let at = 0;
  while (at + HEADER_LENGTH <= length) {
    const size = view.getUint32(at, LITTLE_ENDIAN);
    if (size < HEADER_LENGTH || at + size > length) return;
    yield {
      type: view.getUint16(at + 4, LITTLE_ENDIAN),
      flags: view.getUint16(at + 6, LITTLE_ENDIAN),
      sequence: view.getUint32(at + 8, LITTLE_ENDIAN),
      start: at + HEADER_LENGTH,
      end: at + size,
    };
    at += align(size);
  }
}

/** Calls `visit` with the type and payload bounds of every attribute between `start` and `end`. */
export function visitAttributes(
  view: DataView,
  start: number,
  end: number,
  visit: (type: number, start: number, end: number) => void,
): void {
  let at = start;
  while (at + ATTRIBUTE_HEADER_LENGTH <= end) {
    const size = view.getUint16(at, LITTLE_ENDIAN);
    if (size < ATTRIBUTE_HEADER_LENGTH || at + size > end) return;
    const type = view.getUint16(at + 2, LITTLE_ENDIAN) & ATTRIBUTE_TYPE_MASK;
    visit(type, at + ATTRIBUTE_HEADER_LENGTH, at + size);
    at += align(size);
  }
}

function align(size: number): number {
  return (size + 3) & ~3;
}
