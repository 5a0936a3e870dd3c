// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import { parseMounts, readMounts } from "../../../src/linux/procfs/mounts.ts";

test("mounts have their target, type and options, with escapes undone", () => {
  const text =
    "proc /proc proc rw,hidepid=invisible 0 0\ncgroup2 /a\\040b\\134c cgroup2 ro 0 0\nbroken\n";
  expect(parseMounts(text)).toEqual([
    { target: "/proc", type: "proc", options: ["rw", "hidepid=invisible"] },
    { target: "/a b\\c", type: "cgroup2", options: ["ro"] },
  ]);
});

test("this machine has a /proc mounted on /proc", () => {
  expect(readMounts()).toContainEqual(expect.objectContaining({ target: "/proc", type: "proc" }));
});
