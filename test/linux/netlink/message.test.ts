// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  encodeRequest,
  encodeUint32Attribute,
  type Message,
  messagesIn,
  visitAttributes,
} from "../../../src/linux/netlink/message.ts";
import { viewOfHex } from "./recording.ts";

function messages(hexadecimal: string, length?: number): readonly Message[] {
  const view = viewOfHex(hexadecimal);
  return [...messagesIn(view, length ?? view.byteLength)];
}

function attributes(hexadecimal: string, end?: number): readonly (readonly number[])[] {
  const view = viewOfHex(hexadecimal);
  const seen: (readonly number[])[] = [];
  visitAttributes(view, 0, end ?? view.byteLength, (...found) => {
    seen.push(found);
  });
  return seen;
}

describe("a request", () => {
  test("starts with struct nlmsghdr", () => {
    const bytes = encodeRequest(20, 0x301, 0x01020304, Uint8Array.of(0xaa, 0xbb));
    const fields = ["12000000", "1400", "0103", "04030201", "00000000", "aabb"];
    expect(Buffer.from(bytes).toString("hex")).toBe(fields.join(""));
  });

  test("attribute of a 32-bit number is struct nlattr and the number", () => {
    const bytes = encodeUint32Attribute(3, 262);
    expect(Buffer.from(bytes).toString("hex")).toBe("0800030006010000");
  });
});

describe("messages", () => {
  const DONE = "14000000 0300 0200 d2000000 00000000 00000000";

  test("have type, flags, number and payload bounds", () => {
    expect(messages(DONE)).toEqual([{ type: 3, flags: 2, sequence: 210, start: 16, end: 20 }]);
  });

  test("follow each other at multiples of four bytes", () => {
    const odd = "12000000 1400 0200 01000000 00000000 aabb 0000";
    expect(messages(odd + DONE).map(({ start, end }) => [start, end])).toEqual([
      [16, 18],
      [36, 40],
    ]);
  });

  test("need no padding after the last", () => {
    expect(messages("11000000 1400 0200 01000000 00000000 aa")).toHaveLength(1);
  });

  test("beyond the given length are not read", () => {
    expect(messages(DONE + DONE, 20)).toHaveLength(1);
  });

  const broken: readonly (readonly [string, string])[] = [
    ["no bytes", ""],
    ["a header cut short", "14000000 0300 0200 d2000000 000000"],
    ["length 0", "00000000 0300 0200 d2000000 00000000"],
    ["a length shorter than the header", "0f000000 0300 0200 d2000000 00000000"],
    ["a payload cut short", "14000000 0300 0200 d2000000 00000000 000000"],
    ["a length of 2 GiB", "00000080 0300 0200 d2000000 00000000"],
    ["the greatest length", "ffffffff 0300 0200 d2000000 00000000"],
  ];
  test.each(broken)("end at %s", (_, bytes) => {
    expect(messages(bytes)).toEqual([]);
    expect(messages(DONE + bytes)).toHaveLength(1);
  });
});

describe("attributes", () => {
  test("have type and payload bounds, at multiples of four bytes", () => {
    const bytes = "05000b00 01000000 0400 0c00 0800 0f00 78563412";
    expect(attributes(bytes)).toEqual([
      [11, 4, 5],
      [12, 12, 12],
      [15, 16, 20],
    ]);
  });

  test.each([
    ["nested", "04000280"],
    ["in network order", "04000240"],
    ["both", "040002c0"],
  ])("have their plain type when flagged as %s", (_, bytes) => {
    expect(attributes(bytes)).toEqual([[2, 4, 4]]);
  });

  test("beyond the given end are not visited", () => {
    expect(attributes("04000100 04000200", 4)).toEqual([[1, 4, 4]]);
  });

  const broken: readonly (readonly [string, string])[] = [
    ["a header cut short", "040001"],
    ["length 0", "00000100"],
    ["a length shorter than the header", "03000100"],
    ["a payload cut short", "09000100 00000000"],
    ["the greatest length", "ffff0100 00000000"],
  ];
  test.each(broken)("end at %s", (_, bytes) => {
    expect(attributes(bytes)).toEqual([]);
    expect(attributes(`04000700${bytes}`)).toHaveLength(1);
  });
});
