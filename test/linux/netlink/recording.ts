// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Message, messagesIn, NLMSG_DONE } from "../../../src/linux/netlink/message.ts";

/** What was sent to a kernel and what it answered, recorded byte by byte. */
export interface Recording {
  /** Payload of the request, hexadecimal. */
  readonly request: string;
  readonly datagrams: readonly Uint8Array[];
}

/** Where recordings are, relative to this file: those of ordinary sockets, and those of rare ones. */
export const RECORDED = "recorded";
export const FIXTURES = "../../fixtures/netlink";

/**
 * Reads NAME.hex: a line that says what was there, one with the request, then the datagrams,
 * with an empty line between them.
 */
export function readRecording(directory: string, name: string): Recording {
  const text = readFileSync(join(import.meta.dir, directory, `${name}.hex`), "utf8");
  const request = /^# request payload ([0-9a-f]*)$/m.exec(text)?.[1];
  if (request === undefined) throw new Error(`no request in ${name}.hex`);
  const datagrams = text
    .replaceAll(/^#.*$/gm, "")
    .split(/\n\n+/)
    .map((lines) => Buffer.from(lines.replaceAll(/\s/g, ""), "hex"))
    .filter(({ length }) => length > 0);
  return { request, datagrams };
}

/** Decodes every message of a recording but the last, which says that the dump is done. */
export function decodeRecording<T>(
  directory: string,
  name: string,
  decode: (view: DataView, message: Message) => T | null,
): readonly T[] {
  return readRecording(directory, name).datagrams.flatMap((datagram) => {
    const view = viewOf(datagram);
    return [...messagesIn(view, view.byteLength)]
      .filter(({ type }) => type !== NLMSG_DONE)
      .flatMap((message) => decode(view, message) ?? []);
  });
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A view of bytes given in hexadecimal; blanks do not count. */
export function viewOfHex(hexadecimal: string): DataView {
  return viewOf(Buffer.from(hexadecimal.replaceAll(/\s/g, ""), "hex"));
}

/** An attribute in hexadecimal, padded to a multiple of four bytes. */
export function attribute(type: number, payload: string): string {
  const value = Buffer.from(payload.replaceAll(/\s/g, ""), "hex");
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes.toString("hex");
}

/** The message whose payload is the whole of a view. */
export function wholeMessage(view: DataView): Message {
  return { type: 20, flags: 2, sequence: 1, start: 0, end: view.byteLength };
}
