// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { securebitNames } from "../../src/linux/securebits.ts";

test("no bit has no name", () => {
  expect(securebitNames(0)).toEqual([]);
});

test("what capsh --secbits=47 sets is named in the order of the bits", () => {
  expect(securebitNames(0x2f)).toEqual([
    "noroot",
    "noroot-locked",
    "no-setuid-fixup",
    "no-setuid-fixup-locked",
    "keep-caps-locked",
  ]);
});

test("keep-caps is bit 4", () => {
  expect(securebitNames(1 << 4)).toEqual(["keep-caps"]);
});

test("bits newer than the table keep their number", () => {
  expect(securebitNames((1 << 12) | (1 << 31))).toEqual(["bit-12", "bit-31"]);
});
