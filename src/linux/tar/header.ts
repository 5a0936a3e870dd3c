// SPDX-License-Identifier: Apache-2.0
import { decodeTerminatedText, decodeText } from "../bytes.ts";

export const BLOCK = 512;

/** The archive is not one, or not as the format has it. */
export class MalformedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MalformedError";
  }
}

/** A header block (POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar's extensions). */
export interface TarHeader {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** One character; "0" for regular files, however they are written. */
  readonly type: string;
  readonly linkPath: string;
  /** GNU's old form of sparse files: more header blocks follow. */
  readonly isExtended: boolean;
}

/** Decodes a block; null for one of zeros, which ends an archive. Throws MalformedError. */
export function decodeHeader(block: Buffer): TarHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  if (!hasChecksum(block)) throw new MalformedError("a header has a wrong checksum");
  const type = String.fromCharCode(block[156] ?? 0);
  const magic = block.toString("latin1", 257, 263);
  const prefix = magic === "ustar\0" ? decodeTerminatedText(block.subarray(345, 500)) : "";
  const name = decodeTerminatedText(block.subarray(0, 100));
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    mode: decodeNumber(block.subarray(100, 108)) & 0o7777,
    uid: decodeNumber(block.subarray(108, 116)),
    gid: decodeNumber(block.subarray(116, 124)),
    size: decodeNumber(block.subarray(124, 136)),
    type: type === "\0" || type === "7" ? "0" : type,
    linkPath: decodeTerminatedText(block.subarray(157, 257)),
    isExtended: type === "S" && block[482] === 1,
  };
}

/** Sum of all bytes, with blanks in place of the sum itself. */
function hasChecksum(block: Buffer): boolean {
  let sum = 0;
  for (const [at, byte] of block.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return sum === decodeNumber(block.subarray(148, 156));
}

/** Octal text, or GNU's base 256 where the first bit is set. */
function decodeNumber(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    let value = (field[0] ?? 0) & 0x7f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    return assertSize(value);
  }
  const text = decodeTerminatedText(field).trim();
  if (text === "") return 0;
  if (!/^[0-7]+$/.test(text)) throw new MalformedError("a header has a number that is none");
  return assertSize(Number.parseInt(text, 8));
}

/** Extended records by key; values are bytes, as attributes are no text. */
export type PaxRecords = ReadonlyMap<string, Buffer>;

/** Decodes records "LENGTH KEY=VALUE\n". Throws MalformedError. */
export function decodePax(bytes: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at);
    const digits = blank === -1 ? "" : bytes.toString("latin1", at, blank);
    const length = /^[1-9]\d{0,9}$/.test(digits) ? Number(digits) : 0;
    const equals = bytes.indexOf(0x3d, blank);
    const end = at + length;
    const isWhole = length > 0 && end <= bytes.length && equals !== -1 && equals < end;
    if (!isWhole || bytes[end - 1] !== 0x0a) {
      throw new MalformedError("an extended header is malformed");
    }
    records.set(decodeText(bytes, blank + 1, equals), bytes.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** A decimal number of an extended record. */
export function decodePaxNumber(value: Buffer): number {
  const text = value.toString("latin1");
  if (!/^\d{1,16}$/.test(text)) throw new MalformedError("an extended header has a wrong number");
  return assertSize(Number(text));
}

function assertSize(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new MalformedError("a number is too large");
}
