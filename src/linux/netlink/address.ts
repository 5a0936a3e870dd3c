// SPDX-License-Identifier: Apache-2.0

const V4_MAPPED_HIGH = 0x0000ffff;

/** An IP address in canonical text; a v4-mapped IPv6 address is the IPv4 address that it means. */
export interface IpAddress {
  readonly family: "ipv4" | "ipv6";
  readonly text: string;
}

/** Decodes four bytes in network order. */
export function decodeIpv4(view: DataView, at: number): IpAddress {
  const a = view.getUint8(at);
  const b = view.getUint8(at + 1);
  const c = view.getUint8(at + 2);
  return { family: "ipv4", text: `${a}.${b}.${c}.${view.getUint8(at + 3)}` };
}

/** The 32 bits of a dotted IPv4 address. */
export function ipv4Number(address: string): number {
  return address.split(".").reduce((number, byte) => number * 256 + Number(byte), 0);
}

/** The dotted form of 32 bits. */
export function formatIpv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join(".");
}

const UNSPECIFIED: IpAddress = { family: "ipv6", text: "::" };

/** Decodes sixteen bytes in network order; text as in RFC 5952. */
export function decodeIpv6(view: DataView, at: number): IpAddress {
  if (view.getUint32(at) === 0 && view.getUint32(at + 4) === 0) {
    const third = view.getUint32(at + 8);
    if (third === V4_MAPPED_HIGH) return decodeIpv4(view, at + 12);
    // By far the most common bind.
    if (third === 0 && view.getUint32(at + 12) === 0) return UNSPECIFIED;
  }
  const groups: number[] = [];
  for (let group = 0; group < 8; group++) groups.push(view.getUint16(at + group * 2));
  return { family: "ipv6", text: formatGroups(groups) };
}

function formatGroups(groups: readonly number[]): string {
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return groups.map(hexadecimal).join(":");
  const head = groups.slice(0, start).map(hexadecimal).join(":");
  const tail = groups
    .slice(start + length)
    .map(hexadecimal)
    .join(":");
  return `${head}::${tail}`;
}

function hexadecimal(group: number): string {
  return group.toString(16);
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
