// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { gateProcess } from "../../src/linux/gate-script.ts";
import {
  ignoredSignals,
  exactArguments,
  inheritedDescriptors,
  type OpenDescriptor,
  readInheritance,
} from "../../src/linux/inheritance.ts";

function open(fd: number, target: string, access: OpenDescriptor["access"]): OpenDescriptor {
  return { fd, target, access };
}

test("what the runtime opened for itself is not handed on, and standard streams go by themselves", () => {
  const given = inheritedDescriptors([
    open(0, "/dev/null", "both"),
    open(1, "pipe:[7]", "write"),
    open(2, "pipe:[7]", "write"),
    open(3, "anon_inode:[eventpoll]", "both"),
    open(4, "anon_inode:[eventfd]", "both"),
    open(63, "/etc/group", "read"),
    open(5, "pipe:[8]", "read"),
    open(6, "pipe:[8]", "write"),
    open(7, "socket:[9]", "both"),
  ]);
  expect(given).toEqual([7, 63]);
});

test("a copy of a standard stream is handed on", () => {
  const streams = [open(0, "pipe:[7]", "read"), open(1, "pipe:[8]", "write")];
  const copies = [open(3, "pipe:[8]", "write"), open(4, "pipe:[8]", "write")];
  expect(inheritedDescriptors([...streams, ...copies])).toEqual([3, 4]);
  expect(inheritedDescriptors([...streams, open(5, "pipe:[7]", "read")])).toEqual([5]);
});

test("ignored signals are told by their numbers, without those that the runtime ignores", () => {
  expect(
    ignoredSignals("Name:\tx\nSigBlk:\t0000000000000001\nSigIgn:\t0000008001001203\n"),
  ).toEqual([1, 2, 10, 40]);
  expect(ignoredSignals("SigIgn:\t0000000000000000\n")).toEqual([]);
  expect(ignoredSignals("SigIgn:\t8000000000000000\n")).toEqual([64]);
});

test("variables that a shell may lose are noticed", () => {
  expect(readInheritance({ PATH: "/bin", _: "x", a1: "" }).hasUnusualVariables).toBeFalse();
  expect(readInheritance({ "a.b": "1" }).hasUnusualVariables).toBeTrue();
});

test("the gate takes descriptors that are free, and says when there are none", () => {
  const inheritance = { ignoredSignals: [], hasUnusualVariables: false, exactVariables: {} };
  const start = (descriptors: readonly number[]): unknown =>
    gateProcess(["true"], { inheritance: { ...inheritance, descriptors } }).descriptors;
  expect(start([])).toEqual({ gate: 3, stderr: 4, inherited: [] });
  expect(start([3, 5, 63])).toEqual({ gate: 4, stderr: 6, inherited: [3, 5, 63] });
  expect(() => start([3, 4, 5, 6, 7, 8])).toThrow("too many descriptors are open");
});

test("arguments that are not this process's own stay as they are", () => {
  const words = ["caf\ufffd", "x"];
  expect(exactArguments(words)).toBe(words);
  expect(exactArguments([])).toEqual([]);
});
