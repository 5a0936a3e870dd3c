// SPDX-License-Identifier: Apache-2.0
import type { CapabilitySet } from "../../../src/capabilities/set.ts";
import { type Answer, type Oracle, SearchStopped } from "../../../src/trace/minimize/search.ts";

/** What a command needs: at least one member of each clause. */
export type Needs = readonly (readonly number[])[];

export interface CountingOracle extends Oracle {
  /** Distinct sets that were tried. */
  readonly tried: ReadonlySet<CapabilitySet>;
  /** How many were tried at once, at most. */
  readonly widest: () => number;
}

export const maskOf = (numbers: readonly number[]): CapabilitySet =>
  numbers.reduce((set, number) => set | (1n << BigInt(number)), 0n);

export const meets = (needs: Needs, set: CapabilitySet): boolean =>
  needs.every((clause) => (maskOf(clause) & set) !== 0n);

/** Answers as a command would that asks for the members of each clause in turn. */
export const oracleOf = (needs: Needs, width = 1, limit = Infinity): CountingOracle =>
  answering(
    (set) => {
      const missing = needs.filter((clause) => (maskOf(clause) & set) === 0n);
      // A command stops at the first thing that it is refused.
      return {
        works: missing.length === 0 ? "yes" : "no",
        refused: maskOf(missing[0] ?? []),
      };
    },
    width,
    limit,
  );

export function answering(
  answer: (set: CapabilitySet) => Answer,
  width = 1,
  limit = Infinity,
): CountingOracle {
  const tried = new Set<CapabilitySet>();
  let widest = 0;
  return {
    width,
    tried,
    widest: () => widest,
    expect: () => undefined,
    ask: (sets) => {
      const fresh = sets.filter((set) => !tried.has(set));
      widest = Math.max(widest, fresh.length);
      for (const set of fresh) {
        if (tried.size === limit) return Promise.reject(new SearchStopped());
        tried.add(set);
      }
      return Promise.resolve(sets.map(answer));
    },
  };
}
