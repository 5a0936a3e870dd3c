// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  addTasks,
  decodeCheck,
  decodeImage,
  decodeMissedRuns,
  decodeSample,
  decodeStack,
  decodeState,
  decodeSymbols,
  encodeAddresses,
  encodeImage,
  SIZES,
} from "../../../src/linux/bpf/wire-format.ts";

function bytes(length: number, write: (view: DataView) => void): Uint8Array {
  const array = new Uint8Array(length);
  write(new DataView(array.buffer));
  return array;
}

/** An image that was executed: `argvSize` as the kernel counts it, whatever was read. */
function executed(exe: string, argv: string, argvSize: number, flags = 5, status = 0): Uint8Array {
  const image = encodeImage({
    startNs: 1_000,
    pid: 20,
    parentPid: 10,
    tasks: 1,
    comm: Buffer.from("name"),
  });
  const view = new DataView(image.buffer);
  view.setUint32(28, status, true);
  view.setUint32(32, flags, true);
  view.setUint32(36, argvSize, true);
  image.set(Buffer.from(exe, "latin1"), 56);
  image.set(Buffer.from(argv, "latin1"), 568);
  return image;
}

describe("decoding an image", () => {
  test("of which no exec was seen gives neither path nor arguments nor exit", () => {
    const image = encodeImage({
      startNs: 2 ** 40,
      pid: 7,
      parentPid: 1,
      tasks: 1,
      comm: Buffer.from("fifteen-letters"),
    });
    expect(decodeImage(3, image)).toEqual({
      id: 3,
      pid: 7,
      parentPid: 1,
      startNs: 2 ** 40,
      endNs: 0,
      comm: "fifteen-letters",
      exe: null,
      argv: null,
      exitCode: null,
      exitSignal: null,
    });
  });

  test("keeps empty arguments and bytes that are not UTF-8", () => {
    const { exe, argv } = decodeImage(1, executed("/bin/\xff", "a\0\0b c\0", 7));
    expect(exe).toBe("/bin/\udcff");
    expect(argv).toEqual(["a", "", "b c"]);
  });

  test("reads nothing that an earlier image left behind the end", () => {
    const { exe, argv } = decodeImage(1, executed("/a\0old/path", "x\0old\0", 2));
    expect(exe).toBe("/a");
    expect(argv).toEqual(["x"]);
  });

  test("leaves out the argument that does not fit whole", () => {
    const { argv } = decodeImage(1, executed("/a", `one\0${"x".repeat(1020)}`, 5000));
    expect(argv).toEqual(["one"]);
  });

  test.each([
    [0x0700, 7, null],
    [0xff00, 255, null],
    [15, null, 15],
    [0x8b, null, 11],
  ])("takes wait status %d for code %p or signal %p", (status, exitCode, exitSignal) => {
    const image = decodeImage(1, executed("/a", "", 0, 7, status));
    expect(image).toMatchObject({ exitCode, exitSignal });
  });
});

test("adding tasks changes their number alone", () => {
  const before = executed("/a", "x\0", 2);
  const after = before.slice();
  addTasks(after, 2);
  expect(new DataView(after.buffer).getInt32(24, true)).toBe(3);
  addTasks(after, -2);
  expect(Buffer.from(after)).toEqual(Buffer.from(before));
});

describe("decoding a row of checks", () => {
  const counters = bytes(SIZES.checkCounters, (view) => {
    view.setBigUint64(0, 9n, true);
    view.setBigUint64(8, 100n, true);
    view.setBigUint64(16, 200n, true);
    view.setUint32(24, 77, true);
  });
  const key = (syscall: number, flags: number): Uint8Array =>
    bytes(SIZES.checkKey, (view) => {
      view.setUint32(0, 65536, true);
      view.setUint32(4, 4026531837, true);
      view.setInt32(8, syscall, true);
      view.setUint16(12, 40, true);
      view.setUint16(14, flags, true);
    });

  test("gives every field", () => {
    expect(decodeCheck(key(49, 1 | 2 | 4 | 8 | 16), counters)).toEqual({
      row: 77,
      check: {
        image: 65536,
        capability: 40,
        granted: true,
        syscall: 49,
        targetNamespace: 4026531837,
        ownNamespace: true,
        borrowedCredentials: true,
        silent: true,
        count: 9,
        firstNs: 100,
        lastNs: 200,
      },
    });
  });

  test.each([
    [0, null],
    [16, false],
    [24, true],
  ])("with flags %d, silent is %p", (flags, silent) => {
    expect(decodeCheck(key(0, flags), counters).check).toMatchObject({ silent, granted: false });
  });

  test.each([
    [0, 0],
    [-1, null],
    [-2, null],
  ])("syscall number %d is %p", (number, syscall) => {
    expect(decodeCheck(key(number, 0), counters).check.syscall).toBe(syscall);
  });
});

test("a stack ends at the first zero", () => {
  const stack = bytes(SIZES.stack, (view) => {
    view.setBigUint64(0, 0xffffffff81000001n, true);
    view.setBigUint64(8, 0xffffffff81000002n, true);
  });
  expect(decodeStack(stack)).toEqual([0xffffffff81000001n, 0xffffffff81000002n]);
});

test("a sample names its row and its stack", () => {
  const key = bytes(SIZES.sampleKey, (view) => {
    view.setUint32(0, 5, true);
    view.setUint32(4, 6, true);
  });
  const count = bytes(SIZES.sampleCount, (view) => view.setBigUint64(0, 7n, true));
  expect(decodeSample(key, count)).toEqual({ row: 5, stack: 6, count: 7 });
});

test("more tasks may have ended than began in the kernel's sight", () => {
  const state = bytes(SIZES.state, (view) => {
    view.setBigUint64(0, 1n, true);
    view.setBigUint64(8, 2n, true);
    view.setBigUint64(16, 3n, true);
    view.setBigInt64(24, -1n, true);
  });
  expect(decodeState(state)).toEqual({ lost: { checks: 1, stacks: 2, images: 3 }, liveTasks: -1 });
});

test("missed runs are the last member of the program info that is read", () => {
  expect(decodeMissedRuns(bytes(216, (view) => view.setBigUint64(208, 4n, true)))).toBe(4);
});

test("symbols lose their module, and an address without one has no name", () => {
  const table = encodeAddresses([1n, 2n, 3n]);
  const name = (at: number, text: string): void =>
    table.set(Buffer.from(`${text}\0`), 1024 + 64 * at);
  name(0, "ns_capable");
  name(1, "nft_do_chain [nf_tables]");
  name(2, "0xffffffffc0000000");
  expect(decodeSymbols(table, 3)).toEqual(["ns_capable", "nft_do_chain", null]);
});
