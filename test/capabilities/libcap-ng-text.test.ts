// SPDX-License-Identifier: Apache-2.0
import { dlopen, FFIType } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import { assert, property, subarray } from "fast-check";
import { formatLibcapNgText, parseLibcapNgText } from "../../src/capabilities/libcap-ng-text.ts";
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import { NAMED_CAPABILITIES, setOf } from "../../src/capabilities/set.ts";
import { testUnless } from "../skip.ts";

describe("a list of libcap-ng", () => {
  const lists: readonly (readonly [string, bigint])[] = [
    ["none", 0n],
    ["full", NAMED_CAPABILITIES],
    ["chown, net_raw", setOf("chown", "net_raw")],
    ["chown,net_raw @ +", setOf("chown", "net_raw")],
    ["full *", NAMED_CAPABILITIES],
    ["chown, cap_41", setOf("chown") | (1n << 41n)],
  ];
  test.each(lists)("%s", (text, set) => {
    expect(parseLibcapNgText(text)).toBe(set);
  });

  test.each(["", "net_rwa", "chown net_raw", "none, chown"])("%j is none", (text) => {
    expect(parseLibcapNgText(text)).toBeNull();
  });
});

function openLibrary() {
  try {
    return dlopen("libcap-ng.so.0", {
      capng_clear: { args: [FFIType.i32], returns: FFIType.void },
      capng_update: { args: [FFIType.i32, FFIType.i32, FFIType.u32], returns: FFIType.i32 },
      capng_print_caps_text: { args: [FFIType.i32, FFIType.i32], returns: FFIType.cstring },
      capng_name_to_capability: { args: [FFIType.cstring], returns: FFIType.i32 },
    }).symbols;
  } catch {
    return null;
  }
}

const library = openLibrary();
const missing = library === null ? "libcap-ng.so.0 is not installed" : null;
const [ADD, PERMITTED, BUFFER, CAPS] = [1, 2, 1, 16] as const;

testUnless(missing, "sets are written as libcap-ng writes them, and read again", () => {
  assert(
    property(subarray([...CAPABILITY_NAMES.keys()]), (numbers) => {
      library?.capng_clear(CAPS);
      for (const number of numbers) library?.capng_update(ADD, PERMITTED, number);
      const set = numbers.reduce((sum, number) => sum | (1n << BigInt(number)), 0n);
      const text = formatLibcapNgText(set);
      // The library has no word for all: its programs do.
      if (text !== "full") {
        expect(String(library?.capng_print_caps_text(BUFFER, PERMITTED))).toBe(text);
      }
      expect(parseLibcapNgText(text)).toBe(set);
    }),
  );
});

testUnless(missing, "libcap-ng has the same names and numbers", () => {
  CAPABILITY_NAMES.forEach((name, number) => {
    expect(library?.capng_name_to_capability(Buffer.from(`${name}\0`))).toBe(number);
  });
});
