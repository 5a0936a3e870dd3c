// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import {
  allCapabilities,
  capabilityNames,
  EMPTY_SET,
  includesAll,
  parseMask,
  setOf,
} from "../../src/capabilities/set.ts";

describe("parseMask", () => {
  const masks: readonly (readonly [string, string, bigint])[] = [
    ["the empty set", "0000000000000000", 0n],
    ["the lowest bit", "0000000000000001", 1n],
    ["a set beyond 32 bits", "000001ffffffffff", (1n << 41n) - 1n],
    ["the highest bit", "8000000000000000", 1n << 63n],
    ["every bit", "ffffffffffffffff", (1n << 64n) - 1n],
    ["a short mask", "3000", 0x3000n],
    ["upper case", "00000000A80425FB", 0xa80425fbn],
  ];
  test.each(masks)("reads %s", (_, text, mask) => {
    expect(parseMask(text)).toBe(mask);
  });

  const refused: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["a blank", " 1"],
    ["a prefix", "0x1"],
    ["a sign", "-1"],
    ["a letter that is no digit", "00000000000000g0"],
    ["more than 64 bits", "00000000000000001"],
    ["a line end", "0000000000000001\n"],
  ];
  test.each(refused)("refuses %s", (_, text) => {
    expect(() => parseMask(text)).toThrow(RangeError);
  });
});

describe("allCapabilities", () => {
  test.each([
    [0, 0x1n],
    [36, 0x1fffffffffn],
    [40, 0x1ffffffffffn],
    [63, 0xffffffffffffffffn],
  ])("holds everything up to number %i", (last, set) => {
    expect(allCapabilities(last)).toBe(set);
  });
});

describe("setOf", () => {
  test("no name gives the empty set", () => {
    expect(setOf()).toBe(EMPTY_SET);
  });

  test("each name sets the bit of its number", () => {
    expect(setOf("net_raw", "chown", "net_raw", "checkpoint_restore")).toBe((1n << 40n) | 0x2001n);
  });

  test.each(["cap_net_raw", "NET_RAW", "cap_41", ""])("refuses %j", (name) => {
    expect(() => setOf("chown", name)).toThrow(RangeError);
  });
});

describe("includesAll", () => {
  const pairs: readonly (readonly [string, bigint, bigint, boolean])[] = [
    ["the empty set is in every set", 0b1010n, 0n, true],
    ["the empty set is in itself", 0n, 0n, true],
    ["a set is in itself", 0b1010n, 0b1010n, true],
    ["a subset is in", 0b1010n, 0b0010n, true],
    ["a superset is not in", 0b0010n, 0b1010n, false],
    ["a set beside it is not in", 0b0101n, 0b1010n, false],
    ["one bit beyond 32 counts", 0xffffffffn, 1n << 40n, false],
  ];
  test.each(pairs)("%s", (_, outer, inner, included) => {
    expect(includesAll(outer, inner)).toBe(included);
  });
});

describe("capabilityNames", () => {
  test("the empty set has no names", () => {
    expect(capabilityNames(EMPTY_SET)).toEqual([]);
  });

  test("names come in number order", () => {
    expect(capabilityNames(setOf("bpf", "net_raw", "chown"))).toEqual(["chown", "net_raw", "bpf"]);
  });

  test("the full set has every name", () => {
    expect(capabilityNames(allCapabilities(40))).toEqual(CAPABILITY_NAMES);
  });

  test("bits that have no name yet are kept", () => {
    expect(capabilityNames((1n << 63n) | (1n << 41n) | 1n)).toEqual(["chown", "cap_41", "cap_63"]);
  });

  test("the same set gives the same array", () => {
    expect(capabilityNames(setOf("chown", "kill"))).toBe(capabilityNames(0b100001n));
  });

  test("names and sets are each other's inverse", () => {
    for (const name of CAPABILITY_NAMES) expect(capabilityNames(setOf(name))).toEqual([name]);
  });
});
