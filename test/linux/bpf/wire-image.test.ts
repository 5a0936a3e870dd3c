// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import {
  addTasks,
  decodeImage,
  decodeTaskStart,
  encodeImage,
} from "../../../src/linux/bpf/wire-image.ts";

/** An image that was executed: `argvSize` as the kernel counts it, whatever was read. */
function executed(exe: string, argv: string, argvSize: number, flags = 5, status = 0): Uint8Array {
  const image = encodeImage({
    startNs: 1_000,
    pid: 20,
    parentPid: 10,
    tasks: 1,
    comm: Buffer.from("name"),
    isAttached: false,
  });
  const view = new DataView(image.buffer);
  view.setBigUint64(16, 900n, true);
  view.setUint32(36, status, true);
  view.setUint32(40, flags, true);
  view.setUint32(44, argvSize, true);
  image.set(Buffer.from(exe, "latin1"), 64);
  image.set(Buffer.from(argv, "latin1"), 576);
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
      isAttached: false,
    });
    expect(decodeImage(3, image)).toEqual({
      id: 3,
      origin: "held",
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

  test("tells one that ran before from one that waits for its exec", () => {
    const facts = { startNs: 1, pid: 7, parentPid: 1, tasks: 1, comm: Buffer.from("x") };
    const origin = (isAttached: boolean): string =>
      decodeImage(1, encodeImage({ ...facts, isAttached })).origin;
    expect([origin(true), origin(false)]).toEqual(["attached", "held"]);
    expect(decodeImage(1, executed("/a", "", 0)).origin).toBe("exec");
  });

  test("tells when its process was made", () => {
    expect(decodeTaskStart(executed("/a", "", 0))).toBe(900);
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
  expect(new DataView(after.buffer).getInt32(32, true)).toBe(3);
  addTasks(after, -2);
  expect(Buffer.from(after)).toEqual(Buffer.from(before));
});
