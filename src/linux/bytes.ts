// SPDX-License-Identifier: Apache-2.0

const REPLACEMENT = "\ufffd";

/**
 * Decodes UTF-8 that the kernel handed us and that may be anything. A byte that is not part of
 * valid UTF-8 becomes the lone surrogate U+DC00 + byte, so that nothing is lost and two different
 * byte strings never look the same; escaping on output shows it as \xNN.
 */
export function decodeText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString("utf8", start, end);
  return text.includes(REPLACEMENT) ? decodeInvalid(buffer.subarray(start, end)) : text;
}

function decodeInvalid(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at++;
    } else {
      text += bytes.toString("utf8", at, at + length);
      at += length;
    }
  }
  return text;
}

/** Length of the valid UTF-8 sequence that starts at `at`, or 0. RFC 3629, section 4. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const second = bytes[at + 1] ?? 0;
  if (second < secondByteMinimum(first) || second > secondByteMaximum(first)) return 0;
  for (let next = 2; next < length; next++) {
    if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

function secondByteMinimum(first: number): number {
  if (first === 0xe0) return 0xa0;
  if (first === 0xf0) return 0x90;
  return 0x80;
}

function secondByteMaximum(first: number): number {
  if (first === 0xed) return 0x9f;
  if (first === 0xf4) return 0x8f;
  return 0xbf;
}

/** The same for a text that ends at its first NUL byte, where there is one. */
export function decodeTerminatedText(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return decodeText(bytes, 0, nul === -1 ? bytes.length : nul);
}

/** The bytes that `decodeText` made a text of. */
export function encodeText(text: string): Buffer {
  if (!/[\udc80-\udcff]/.test(text)) return Buffer.from(text, "utf8");
  const parts: Buffer[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const isByte = code >= 0xdc80 && code <= 0xdcff;
    parts.push(isByte ? Buffer.from([code - 0xdc00]) : Buffer.from(character, "utf8"));
  }
  return Buffer.concat(parts);
}

/** Of bytes that may be part of a larger buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
