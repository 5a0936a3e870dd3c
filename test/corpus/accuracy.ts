// SPDX-License-Identifier: Apache-2.0
import { type Measurement, truthOf } from "./measure.ts";

/** A measurement held against the truth. */
export interface Score {
  /** The true minimal set that is nearest to what one trace names. */
  readonly truth: readonly string[];
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  /** Whether minimize recommends a true minimal set. */
  readonly isExact: boolean;
}

export interface Totals {
  readonly precision: number;
  readonly recall: number;
  /** Programs whose set one trace names exactly; whose set minimize proves exactly. */
  readonly exactTraces: number;
  readonly exactProofs: number;
}

export function scoreOf({ scenario, traced, proven }: Measurement): Score {
  const truths = truthOf(scenario);
  const scores = truths.map((truth) => ({
    truth,
    missing: truth.filter((name) => !traced.includes(name)),
    extra: traced.filter((name) => !truth.includes(name)),
    isExact: proven !== null && truths.some((each) => each.join() === proven.join()),
  }));
  const errors = ({ missing, extra }: Score): number => missing.length * 100 + extra.length;
  return scores.toSorted((one, other) => errors(one) - errors(other))[0]!;
}

/** Precision and recall of one trace, over all capabilities of all programs. */
export function totalsOf(measurements: readonly Measurement[]): Totals {
  const scores = measurements.map(scoreOf);
  const sum = (of: (score: Score) => number): number =>
    scores.reduce((total, each) => total + of(each), 0);
  const found = sum(({ truth, missing }) => truth.length - missing.length);
  return {
    precision: ratio(found, found + sum(({ extra }) => extra.length)),
    recall: ratio(found, found + sum(({ missing }) => missing.length)),
    exactTraces: scores.filter(({ missing, extra }) => missing.length + extra.length === 0).length,
    exactProofs: scores.filter(({ isExact }) => isExact).length,
  };
}

/** Nothing named of nothing needed is right. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}
