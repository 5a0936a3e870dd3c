// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { findMinimalSets, type SearchResult } from "../../../src/trace/minimize/search.ts";
import { keeping } from "../../../src/trace/minimize/start-set.ts";
import { chance } from "../random-profile.ts";
import { answering, maskOf, meets, type Needs, oracleOf } from "./set-oracle.ts";

const COUNT = 20;
const ALL = maskOf(Array.from({ length: COUNT }, (_, number) => number));

/** The groups that evidence for `seen` gives. */
const groupsOf = (seen: readonly number[]): readonly (readonly number[])[] => [
  Array.from({ length: COUNT }, (_, number) => number).filter((number) => !seen.includes(number)),
  ...seen.map((number) => [number]),
];

const membersOf = (set: bigint): readonly number[] =>
  Array.from({ length: COUNT }, (_, number) => number).filter((number) => meets([[number]], set));

const searchFor = async (
  needs: Needs,
  seen: readonly number[],
  width = 1,
): Promise<SearchResult & { readonly tried: number }> => {
  const oracle = oracleOf(needs, width);
  const result = await findMinimalSets({ all: ALL, groups: groupsOf(seen), kept: 0n }, oracle);
  return { ...result, tried: oracle.tried.size };
};

describe("the search for a minimal set", () => {
  test("keeps what is needed and drops what was only used", async () => {
    const { working, isMinimal, alternatives, tried } = await searchFor([[3], [7]], [2, 3, 7]);
    expect([working, isMinimal, alternatives]).toEqual([maskOf([3, 7]), true, []]);
    expect(tried).toBe(4);
  });

  test("ends with the empty set for a command that needs nothing", async () => {
    expect(await searchFor([], [])).toMatchObject({ working: 0n, isMinimal: true, tried: 1 });
  });

  test("finds by halves what the evidence has missed", async () => {
    const { working, isMinimal, tried } = await searchFor([[3], [11]], [3]);
    expect([working, isMinimal]).toEqual([maskOf([3, 11]), true]);
    expect(tried).toBeLessThan(COUNT);
  });

  test("names other sets that do as well, whichever the evidence showed", async () => {
    for (const seen of [[4], [5], [4, 5]]) {
      const { working, alternatives } = await searchFor([[4, 5]], seen);
      expect(new Set([working, ...alternatives])).toEqual(new Set([maskOf([4]), maskOf([5])]));
    }
  });

  test("finds one that does in place of two, and two in place of one", async () => {
    const needs = [[1, 9], [2, 9], [3]];
    const sets = [maskOf([1, 2, 3]), maskOf([9, 3])];
    for (const seen of [
      [1, 2, 3],
      [3, 9],
    ]) {
      const { working, alternatives } = await searchFor(needs, seen);
      expect(new Set([working, ...alternatives])).toEqual(new Set(sets));
    }
  });

  test("ends with a set of which nothing can go where more capabilities do harm", async () => {
    // With 6 and without 5 it tries something that fails.
    const works = (set: bigint): boolean =>
      meets([[3]], set) && !(meets([[6]], set) && !meets([[5]], set));
    const oracle = answering((set) => ({ works: works(set) ? "yes" : "no", refused: 0n }));
    const { working, isMinimal } = await findMinimalSets(
      { all: ALL, groups: groupsOf([3, 5, 6]), kept: 0n },
      oracle,
    );
    expect([working, isMinimal]).toEqual([maskOf([3]), true]);
  });

  test("keeps what is unclear, and does not call the set minimal", async () => {
    const oracle = answering((set) => {
      if (!meets([[3]], set)) return { works: "no", refused: maskOf([3]) };
      return { works: meets([[8]], set) ? "yes" : "unclear", refused: 0n };
    });
    const result = await findMinimalSets({ all: ALL, groups: groupsOf([3, 8]), kept: 0n }, oracle);
    expect(result).toMatchObject({
      working: maskOf([3, 8]),
      isMinimal: false,
      unclear: maskOf([8]),
      alternatives: [],
    });
  });

  test("that is stopped ends with what works so far", async () => {
    for (let limit = 0; limit < 8; limit++) {
      const oracle = oracleOf([[3], [7]], 1, limit);
      const result = await findMinimalSets(
        { all: ALL, groups: groupsOf([1, 2, 3, 7]), kept: 0n },
        oracle,
      );
      expect(meets([[3], [7]], result.working)).toBeTrue();
      expect(result.isStopped).toBe(limit < 5);
      expect(result.isMinimal).toBe(limit >= 5);
    }
  });

  test("leaves alone what is to be kept", async () => {
    const plan = keeping(maskOf([2, 3]), { all: ALL, groups: groupsOf([3, 7]), kept: 0n });
    expect(plan.groups.flat()).toHaveLength(COUNT - 2);
    const { working, isMinimal } = await findMinimalSets(plan, oracleOf([[3], [7]]));
    expect([working, isMinimal]).toEqual([maskOf([2, 3, 7]), true]);
  });

  test("tries several sets at once where the oracle can, with the same result", async () => {
    const needs = [[1], [4, 5], [8], [9], [12]];
    const seen = [0, 1, 4, 8, 9, 10, 12];
    const oracle = oracleOf(needs, 4);
    const wide = await findMinimalSets({ all: ALL, groups: groupsOf(seen), kept: 0n }, oracle);
    const { tried: _, ...narrow } = await searchFor(needs, seen);
    expect(wide).toEqual(narrow);
    expect(oracle.widest()).toBeGreaterThanOrEqual(4);
  });
});

describe("for random needs", () => {
  const cases = Array.from({ length: 300 }, (_, seed) => {
    const next = chance(seed + 1);
    const needs = Array.from({ length: next(6) }, () =>
      Array.from({ length: 1 + next(3) }, () => next(COUNT)),
    );
    const seen = [...new Set(Array.from({ length: next(10) }, () => next(COUNT)))];
    return { needs, seen, width: 1 + next(4) };
  });

  test("each set that is found works, and does not with a member less", async () => {
    for (const { needs, seen, width } of cases) {
      const { working, alternatives, isMinimal } = await searchFor(needs, seen, width);
      expect(isMinimal).toBeTrue();
      const sets = [working, ...alternatives];
      expect(new Set(sets).size).toBe(sets.length);
      for (const set of sets) {
        expect(meets(needs, set)).toBeTrue();
        const smaller = membersOf(set).map((number) => set & ~maskOf([number]));
        expect(smaller.filter((rest) => meets(needs, rest))).toEqual([]);
      }
    }
  });

  test("another set is found whenever there is one", async () => {
    const isOther = (needs: Needs, working: bigint): boolean =>
      Array.from({ length: COUNT }, (_, number) => maskOf([number])).some(
        (member) => (member & working) !== 0n && meets(needs, ALL & ~member),
      );
    let found = 0;
    for (const { needs, seen } of cases) {
      const { working, alternatives } = await searchFor(needs, seen);
      expect(alternatives.length > 0).toBe(isOther(needs, working));
      found += alternatives.length;
    }
    expect(found).toBeGreaterThan(100);
  });
});
