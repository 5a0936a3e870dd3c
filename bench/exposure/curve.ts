// SPDX-License-Identifier: Apache-2.0
import { renderCount } from "../measure/table.ts";
import { renderCurve } from "./curve-text.ts";
import { BASE_SHAPE, type LoadShape } from "./load.ts";
import { contestUnderLoad, type LoadedContest } from "./loaded.ts";
import type { PartResult } from "../measure/parts.ts";
import type { Surroundings } from "./suite.ts";
import { capscope, ss } from "./tools.ts";

/** Measures how time and memory grow with each dimension of the load while the others stay. */
export async function measureCurve(surroundings: Surroundings): Promise<PartResult> {
  const { options, capscopeCommand } = surroundings;
  const base = {
    ...BASE_SHAPE,
    processes: Math.max(1, Math.round(BASE_SHAPE.processes * options.scale)),
  };
  const curves: Record<string, readonly LoadedContest[]> = {};
  let text = `Growth, ${renderCount(base.processes)} processes; each step doubles one quantity\n`;
  for (const dimension of DIMENSIONS) {
    const contests: LoadedContest[] = [];
    for (const factor of FACTORS) {
      const shape = dimension.grow(base, factor);
      surroundings.progress(`${dimension.name}: ${renderCount(dimension.size(shape))}`);
      const contestants = [capscope(capscopeCommand, options.rounds), ss(options.rounds)];
      contests.push(await contestUnderLoad(surroundings, shape, contestants));
    }
    curves[dimension.name] = contests;
    text += `${dimension.name}\n${renderCurve(contests, dimension.size)}`;
  }
  return { data: curves, text };
}

interface Dimension {
  readonly name: string;
  readonly grow: (base: LoadShape, factor: number) => LoadShape;
  readonly size: (shape: LoadShape) => number;
}

const FACTORS = [1, 2, 4] as const;
const DIMENSIONS: readonly Dimension[] = [
  {
    // In the place of other descriptors, whose number falls accordingly.
    name: "listeners",
    grow: (base, factor) => ({ ...base, listenersPerProcess: base.listenersPerProcess * factor }),
    size: (shape) => shape.processes * shape.listenersPerProcess,
  },
  {
    name: "descriptors",
    grow: (base, factor) => ({
      ...base,
      descriptorsPerProcess: base.descriptorsPerProcess * factor,
    }),
    size: (shape) => shape.processes * shape.descriptorsPerProcess,
  },
  {
    name: "addresses",
    grow: (base, factor) => ({ ...base, addresses: 10 * factor }),
    size: (shape) => shape.addresses,
  },
];
