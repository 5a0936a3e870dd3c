// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  decodePacketSocket,
  decodeUnixSocket,
  decodeVsockSocket,
  decodeXdpSocket,
} from "../../../src/linux/netlink/family-diag.ts";
import { decodeInetSocket } from "../../../src/linux/netlink/inet-diag.ts";
import { type Message, messagesIn } from "../../../src/linux/netlink/message.ts";
import { decodeAddress, decodeLink } from "../../../src/linux/netlink/route.ts";
import { FIXTURES, readRecording, RECORDED, viewOf, viewOfHex, wholeMessage } from "./recording.ts";

type Decode = (view: DataView, message: Message) => unknown;

const RECORDINGS: readonly (readonly [string, string, Decode])[] = [
  [RECORDED, "tcp-ipv4", decodeInetSocket],
  [RECORDED, "tcp-ipv6", decodeInetSocket],
  [RECORDED, "udp-ipv6", decodeInetSocket],
  [FIXTURES, "sctp-ipv4", decodeInetSocket],
  [RECORDED, "packet", decodePacketSocket],
  [RECORDED, "unix", decodeUnixSocket],
  [FIXTURES, "vsock", decodeVsockSocket],
  [FIXTURES, "xdp", decodeXdpSocket],
  [RECORDED, "links", decodeLink],
  [RECORDED, "addresses", decodeAddress],
];

/** More messages than any recording has: a walk that does not end would pass it. */
const MESSAGES_MAX = 1000;

function decodeAll(decode: Decode, bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let count = 0;
  for (const message of messagesIn(view, view.byteLength)) {
    decode(view, message);
    count++;
    if (count > MESSAGES_MAX) throw new Error("the walk does not end");
  }
  return count;
}

/** The payload of the first message of a recording, alone in its buffer. */
function firstPayload(directory: string, name: string): Uint8Array {
  const datagram = readRecording(directory, name).datagrams[0]!;
  const [message] = messagesIn(viewOf(datagram), datagram.length);
  return Uint8Array.from(datagram.subarray(message!.start, message!.end));
}

describe.each(RECORDINGS)("%s/%s", (directory, name, decode) => {
  test("cut short anywhere decodes without an error", () => {
    const payload = firstPayload(directory, name);
    for (let size = 0; size <= payload.length; size++) {
      const view = viewOf(payload.slice(0, size));
      expect(() => decode(view, wholeMessage(view))).not.toThrow();
    }
  });

  test.each([0x00, 0x01, 0x03, 0x04, 0x7f, 0xff])(
    "with any byte of a message made %i decodes without an error",
    (value) => {
      const payload = firstPayload(directory, name);
      for (let at = 0; at < payload.length; at++) {
        const copy = payload.slice();
        copy[at] = value;
        const view = viewOf(copy);
        expect(() => decode(view, wholeMessage(view))).not.toThrow();
      }
    },
  );

  test("with any message length made zero or huge ends", () => {
    const datagram = readRecording(directory, name).datagrams[0]!;
    const starts = [...messagesIn(viewOf(datagram), datagram.length)].map(
      ({ start }) => start - 16,
    );
    for (const start of starts) {
      for (const length of [0, 15, 17, 0x7fffffff, 0x80000000, 0xffffffff]) {
        const copy = Buffer.from(datagram);
        copy.writeUInt32LE(length, start);
        expect(decodeAll(decode, copy)).toBeLessThanOrEqual(MESSAGES_MAX);
      }
    }
  });
});

test("a master without a value is none", () => {
  const [header, name, master] = ["00".repeat(16), "0700 0300 643000 00", "0400 0a00"];
  const view = viewOfHex(header + name + master);
  expect(decodeLink(view, wholeMessage(view))?.master).toBe(0);
});

test("a list of 65,532 bytes of local addresses decodes to those that fit", () => {
  const view = new DataView(new ArrayBuffer(72 + 65532));
  view.setUint8(0, 2);
  view.setUint16(72, 65532, true);
  view.setUint16(74, 12, true);
  for (let at = 76; at + 128 <= view.byteLength; at += 128) view.setUint16(at, 2, true);
  expect(decodeInetSocket(view, wholeMessage(view))?.addresses).toHaveLength(511);
});
