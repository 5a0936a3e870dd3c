// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { allCapabilities, setOf } from "../../src/capabilities/set.ts";
import { type UnitSet, type UnitState, unitSetOf } from "../../src/harden/unit-set.ts";

const EVERYTHING = allCapabilities(40);

function setFor(facts: Partial<UnitState>): UnitSet {
  const state: UnitState = {
    unit: "a.service",
    bounding: EVERYTHING,
    ambient: 0n,
    held: null,
    startsAsRoot: true,
    hasOtherUser: false,
    ...facts,
  };
  return unitSetOf(state, EVERYTHING);
}

const namesOf = ({ capabilities }: UnitSet): readonly string[] =>
  capabilities.map(({ capability }) => capability);

describe("what a unit is granted", () => {
  test("is what its processes hold, and nobody has tested it", () => {
    const set = setFor({ held: setOf("kill", "chown") });
    expect(namesOf(set)).toEqual(["chown", "kill"]);
    expect(set.capabilities.every(({ basis }) => basis === "untested")).toBe(true);
  });

  test("holds what it takes to change the user, for one that starts as root and did", () => {
    const facts = { held: setOf("kill"), hasOtherUser: true };
    expect(namesOf(setFor(facts))).toEqual(["kill", "setgid", "setuid"]);
    expect(namesOf(setFor({ ...facts, startsAsRoot: false }))).toEqual(["kill"]);
    expect(namesOf(setFor({ ...facts, bounding: setOf("kill", "setuid") }))).toEqual([
      "kill",
      "setuid",
    ]);
  });

  test("is what is declared, where no process runs", () => {
    const facts = { bounding: setOf("chown", "kill"), ambient: setOf("kill") };
    expect(namesOf(setFor(facts))).toEqual(["chown", "kill"]);
    expect(namesOf(setFor({ ...facts, startsAsRoot: false }))).toEqual(["kill"]);
  });

  test("keeps a number that has no name", () => {
    expect(namesOf(setFor({ held: 1n << 41n }))).toEqual(["cap_41"]);
  });

  test("is said to limit nothing when it is everything", () => {
    expect(setFor({ held: EVERYTHING }).gaps.join()).toContain("limits nothing");
    expect(setFor({ held: setOf("kill") }).gaps.join()).not.toContain("limits nothing");
  });
});
