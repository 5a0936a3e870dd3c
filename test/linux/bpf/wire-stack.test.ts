// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { SIZES } from "../../../src/linux/bpf/wire-format.ts";
import {
  decodeSample,
  decodeStack,
  decodeSymbols,
  decodeUserStack,
  encodeAddresses,
  SYMBOL_COUNT,
} from "../../../src/linux/bpf/wire-stack.ts";
import { bytes } from "./bytes.ts";

test("a stack ends at the first zero", () => {
  const stack = bytes(SIZES.stack, (view) => {
    view.setBigUint64(0, 0xffffffff81000001n, true);
    view.setBigUint64(8, 0xffffffff81000002n, true);
  });
  expect(decodeStack(stack)).toEqual([0xffffffff81000001n, 0xffffffff81000002n]);
});

test("a user stack has places in files, addresses, and an end", () => {
  const stack = bytes(SIZES.userStack, (view) => {
    view.setInt32(0, 1, true);
    for (let at = 0; at < 20; at++) view.setUint8(4 + at, 0xa0 + at);
    view.setBigUint64(24, 0x1234n, true);
    view.setInt32(32, 2, true);
    view.setBigUint64(56, 0x7f0000001000n, true);
  });
  expect(decodeUserStack(stack)).toEqual([
    { kind: "file", buildId: "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3", offset: 0x1234n },
    { kind: "address", address: 0x7f0000001000n },
  ]);
});

test("a sample names its row and its stack", () => {
  const key = bytes(SIZES.sampleKey, (view) => {
    view.setUint32(0, 5, true);
    view.setUint32(4, 6, true);
  });
  const count = bytes(SIZES.sampleCount, (view) => view.setBigUint64(0, 7n, true));
  expect(decodeSample(key, count)).toEqual({ row: 5, stack: 6, count: 7 });
});

test("symbols lose their module, and an address without one has no name", () => {
  const table = encodeAddresses([1n, 2n, 3n]);
  const name = (at: number, text: string): void =>
    table.set(Buffer.from(`${text}\0`), 8 * SYMBOL_COUNT + 64 * at);
  name(0, "ns_capable");
  name(1, "nft_do_chain [nf_tables]");
  name(2, "0xffffffffc0000000");
  expect(decodeSymbols(table, 3)).toEqual(["ns_capable", "nft_do_chain", null]);
});
