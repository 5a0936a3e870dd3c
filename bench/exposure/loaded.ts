// SPDX-License-Identifier: Apache-2.0
import { type Contestant, type Result, runContest } from "../measure/contest.ts";
import { openLauncher } from "../measure/launcher.ts";
import { renderCount } from "../measure/table.ts";
import { renderComparison, renderTarget } from "./comparison.ts";
import { BASE_SHAPE, type LoadShape, openLoad } from "./load.ts";
import type { PartResult } from "../measure/parts.ts";
import type { Surroundings } from "./suite.ts";
import { capscope, netcap, ss } from "./tools.ts";

/** Results of a contest under a load. */
export interface LoadedContest {
  readonly shape: LoadShape;
  readonly listeners: number;
  readonly results: readonly Result[];
}

/** Compares the tools under the full load. */
export async function measureLoad(surroundings: Surroundings): Promise<PartResult> {
  const { options, capscopeCommand } = surroundings;
  const processes = Math.max(1, Math.round(BASE_SHAPE.processes * options.scale));
  const shape = { ...BASE_SHAPE, processes };
  const contestants = [capscope(capscopeCommand, options.rounds), ss(options.rounds)];
  if (options.slowRounds > 0) contestants.push(netcap(options.slowRounds));
  const contest = await contestUnderLoad(surroundings, shape, contestants);
  const text =
    `Under load: ${describe(contest)}\n` +
    renderComparison({ ...contest, reference: "ss" }) +
    renderTarget(contest.results, { name: "capscope", reference: "ss", limit: WALL_LIMIT });
  return { data: contest, text };
}

/** Wanted: at most this many times the wall time of `ss`. */
const WALL_LIMIT = 1.5;
/** Room for the slowest tool at the largest scale. */
const TIMEOUT_MS = 180_000;

/** Builds a load, runs the contestants inside its namespaces and removes it. */
export async function contestUnderLoad(
  surroundings: Surroundings,
  shape: LoadShape,
  contestants: readonly Contestant[],
): Promise<LoadedContest> {
  const { abort, directory, progress } = surroundings;
  progress(`building a load of ${renderCount(shape.processes)} processes`);
  await using load = await openLoad(shape, abort);
  await using launcher = await openLauncher(load.enter, abort);
  const results = await runContest({
    launcher,
    contestants,
    directory,
    progress,
    timeoutMs: TIMEOUT_MS,
  });
  return { shape, listeners: load.listeners, results };
}

function describe({ shape, listeners }: LoadedContest): string {
  const descriptors = shape.processes * shape.descriptorsPerProcess;
  return (
    `${renderCount(shape.processes)} processes, ${renderCount(descriptors)} descriptors, ` +
    `${renderCount(listeners)} listeners, ${shape.addresses} addresses`
  );
}
