// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { identityOf, mergeProfiles } from "../../src/trace/merge.ts";
import type { Profile, Run, Subject } from "../../src/trace/model.ts";
import { profileOf } from "../../src/trace/profile.ts";
import { chance, randomProfile, randomRun } from "./random-profile.ts";

const merge = (...profiles: readonly [Profile, ...Profile[]]): Profile => {
  const [first, ...others] = profiles.map((profile, index) => ({ name: `${index}.json`, profile }));
  return mergeProfiles([first!, ...others]);
};

/** Checks of each capability, over all runs. */
const countsOf = (runs: readonly Run[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { capability, count } of runs.flatMap(({ observations }) => observations)) {
    counts.set(capability, (counts.get(capability) ?? 0) + count);
  }
  return counts;
};

const SEEDS = Array.from({ length: 200 }, (_, index) => index + 1);

describe("merging random profiles", () => {
  const cases = SEEDS.map((seed) => {
    const next = chance(seed);
    const more = Array.from({ length: 5 }, (_, index) => randomRun(next, index + 1));
    const pool = [randomRun(next, 0), ...more] as const;
    return [
      randomProfile(next, pool),
      randomProfile(next, pool),
      randomProfile(next, pool),
    ] as const;
  });

  test("has cases with common runs, cases without, and cases with several runs", () => {
    const shared = cases.map(([a, b]) => a.runs.filter((run) => b.runs.includes(run)).length);
    expect(shared.some((count) => count > 1)).toBeTrue();
    expect(shared).toContain(0);
    expect(new Set(cases.map(([a]) => a.runs.length)).size).toBeGreaterThan(3);
  });

  test("gives the same in either order", () => {
    for (const [a, b] of cases) expect(merge(a, b)).toEqual(merge(b, a));
  });

  test("gives the same in either grouping", () => {
    for (const [a, b, c] of cases) {
      expect(merge(a, merge(b, c))).toEqual(merge(merge(a, b), c));
      expect(merge(a, b, c)).toEqual(merge(merge(a, b), c));
    }
  });

  test("with itself changes nothing, nor does one alone", () => {
    for (const [a] of cases) {
      expect(merge(a, a)).toEqual(a);
      expect(merge(a)).toEqual(a);
    }
  });

  test("keeps each run once and adds up its counts", () => {
    for (const [a, b] of cases) {
      const merged = merge(a, b);
      const ids = new Set([...a.runs, ...b.runs].map(({ id }) => id));
      expect(merged.runs.map(({ id }) => id).toSorted()).toEqual([...ids].toSorted());
      const expected = countsOf(merged.runs);
      for (const { capability, granted, denied } of merged.findings) {
        expect(granted + denied).toBe(expected.get(capability) ?? 0);
      }
    }
  });

  test("loses no capability that one of them needs", () => {
    for (const [a, b] of cases) {
      const known = new Set(merge(a, b).findings.map(({ capability }) => capability));
      for (const { capability } of [...a.findings, ...b.findings]) {
        expect(known).toContain(capability);
      }
    }
  });
});

const withSubject = (subject: Subject, id: number): Profile =>
  profileOf([{ ...randomRun(chance(1), id), subject }]);

const COMMAND: Subject = { kind: "command", program: "/usr/sbin/daemon", argv: ["daemon"] };
const SERVICE: Subject = { kind: "service", unit: "a.service", file: "/x/a.service", argv: [] };
const CONTAINER: Subject = { kind: "container", id: "aa", runtime: "docker" };

describe("what belongs together", () => {
  test.each<[string, Subject, Subject]>([
    ["a program, whatever its arguments", COMMAND, { ...COMMAND, argv: ["daemon", "-x"] }],
    ["a program started and found", COMMAND, { kind: "process", program: COMMAND.program, pid: 7 }],
    ["a unit and its file", SERVICE, { kind: "unit", unit: "a.service" }],
    ["a container and itself", CONTAINER, { ...CONTAINER, runtime: null }],
    ["a control group and itself", { kind: "cgroup", path: "/a" }, { kind: "cgroup", path: "/a" }],
  ])("%s", (_, one, other) => {
    expect(identityOf(one)).toEqual(identityOf(other));
    expect(merge(withSubject(one, 1), withSubject(other, 2)).runs).toHaveLength(2);
  });

  test.each<[string, Subject, Subject]>([
    ["two programs", COMMAND, { ...COMMAND, program: "/bin/sh" }],
    ["two units", SERVICE, { kind: "unit", unit: "b.service" }],
    ["two containers", CONTAINER, { ...CONTAINER, id: "bb" }],
    ["two control groups", { kind: "cgroup", path: "/a" }, { kind: "cgroup", path: "/b" }],
    ["a unit and a control group of its name", SERVICE, { kind: "cgroup", path: "a.service" }],
  ])("not %s, and the message names both files and both subjects", (_, one, other) => {
    const names = [identityOf(one).name, identityOf(other).name].join(".*");
    expect(() => merge(withSubject(one, 1), withSubject(other, 2))).toThrow(
      new RegExp(`^0\\.json and 1\\.json do not belong together: .*${names}$`),
    );
  });
});

describe("one id for two different runs", () => {
  const run = randomRun(chance(3), 3);
  const edited: Run = { ...run, durationNs: run.durationNs + 1 };

  test("is refused, with the id and both files", () => {
    expect(() => merge(profileOf([run]), profileOf([edited]))).toThrow(
      "run run-3 is not the same in 0.json and in 1.json",
    );
  });

  test("is no matter of the order of keys", () => {
    const reversed = Object.fromEntries(Object.entries(run).toReversed()) as unknown as Run;
    expect(merge(profileOf([run]), profileOf([reversed])).runs).toHaveLength(1);
  });
});
