// SPDX-License-Identifier: Apache-2.0

/** The middle of a sample and how far it spreads. */
export interface Summary {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** Summarises a sample; it must not be empty. */
export function summarize(sample: readonly number[]): Summary {
  const sorted = sample.toSorted((left, right) => left - right);
  return {
    median: quantile(sorted, 0.5),
    lowerQuartile: quantile(sorted, 0.25),
    upperQuartile: quantile(sorted, 0.75),
    minimum: quantile(sorted, 0),
    maximum: quantile(sorted, 1),
  };
}

function quantile(sorted: readonly number[], fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError("the sample is empty");
  return below + (above - below) * (position - Math.floor(position));
}
