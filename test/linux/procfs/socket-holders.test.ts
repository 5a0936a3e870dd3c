// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { parseStat } from "../../../src/linux/procfs/socket-holders.ts";
import { readFixture } from "./fixtures.ts";

describe("parseStat", () => {
  /** Fields 9 and 22, counted by hand after the last bracket. */
  const tasks: readonly (readonly [string, number, number])[] = [
    ["blank", 4194368, 332384],
    ["brackets", 4194368, 332354],
    ["newline", 4194624, 332323],
    ["empty", 4194368, 332414],
    ["kernel-thread", 2129984, 10],
  ];
  test.each(tasks)("reads flags and start time of a task named %s", (task, flags, startTime) => {
    expect(parseStat(readFixture(`tasks/${task}/stat`))).toEqual({ flags, startTime });
  });
});
