// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { assert, constantFrom, property, subarray } from "fast-check";
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import { EVERYTHING, NAMED_CAPABILITIES, setOf } from "../../src/capabilities/set.ts";
import { formatSystemdList, mergeSystemdAssignment } from "../../src/capabilities/systemd-list.ts";
import { testUnless } from "../skip.ts";

/** The set that lines with these values add up to, one after another. */
function merge(initial: bigint, ...values: readonly string[]): bigint {
  return values.reduce((set, value) => {
    const isInverted = value.startsWith("~");
    const words = (isInverted ? value.slice(1) : value).split(" ").filter((word) => word !== "");
    return mergeSystemdAssignment(set, initial, { isInverted, words }, () => undefined);
  }, initial);
}

const [KILL, BPF] = [setOf("kill"), setOf("bpf")];

describe("assignments of a bounding set", () => {
  const values: readonly (readonly [string, bigint])[] = [
    ["CAP_KILL", KILL],
    ["CAP_KILL|CAP_BPF", KILL | BPF],
    ["~CAP_KILL", EVERYTHING & ~KILL],
    ["CAP_KILL|~CAP_KILL", 0n],
    ["CAP_KILL CAP_BPF|~CAP_KILL", BPF],
    ["CAP_KILL|", 0n],
    ["CAP_KILL||CAP_BPF", BPF],
    ["CAP_KILL|~", EVERYTHING],
    ["5", KILL],
    ["kill", 0n],
  ];
  test.each(values)("%s", (text, expected) => {
    expect(merge(EVERYTHING, ...text.split("|"))).toBe(expected);
  });

  test("an unknown name is told, with what it has to be", () => {
    const warnings: string[] = [];
    const assignment = { isInverted: false, words: ["kill", "CAP_NONE"] };
    mergeSystemdAssignment(0n, 0n, assignment, (warning) => warnings.push(warning));
    expect(warnings).toEqual([
      "systemd does not know the capability kill and ignores it: it has to be CAP_KILL",
      "systemd does not know the capability CAP_NONE and ignores it",
    ]);
  });
});

test("what is written is read again, the shorter way", () => {
  const sets = subarray([...CAPABILITY_NAMES]).map((names) => setOf(...names));
  assert(
    property(sets, constantFrom(EVERYTHING), (set, initial) => {
      const value = formatSystemdList(set);
      expect(merge(initial, value) & NAMED_CAPABILITIES).toBe(set);
      expect(value.split(" ").length).toBeLessThanOrEqual(21);
    }),
  );
});

const listed = spawnSync("systemd-analyze", ["capability", "--no-pager"], { encoding: "utf8" });

testUnless(
  listed.status === 0 ? null : "systemd-analyze capability does not run here",
  "systemd has the same names and numbers",
  () => {
    const lines = listed.stdout.trim().split("\n").slice(1);
    const names = lines.map((line) => line.trim().split(/\s+/));
    expect(names.length).toBeGreaterThan(36);
    for (const [name = "", number] of names) {
      expect(name).toBe(`cap_${CAPABILITY_NAMES[Number(number)]}`);
    }
  },
);
