// SPDX-License-Identifier: Apache-2.0
import { runContest } from "../measure/contest.ts";
import { openLauncher } from "../measure/launcher.ts";
import { renderDuration } from "../measure/table.ts";
import { renderComparison, renderTarget } from "./comparison.ts";
import type { PartResult } from "../measure/parts.ts";
import type { Surroundings } from "./suite.ts";
import { capscope, netcap, ss } from "./tools.ts";

/** Measures start-up: no sockets, and only the processes that the machine runs anyway. */
export async function measureIdle(surroundings: Surroundings): Promise<PartResult> {
  const { options, capscopeCommand, abort, directory, progress } = surroundings;
  await using launcher = await openLauncher(["unshare", "--net"], abort);
  const rounds = options.idleRounds;
  const { timeFloorMs } = launcher;
  const contestants = [capscope(capscopeCommand, rounds), ss(rounds), netcap(rounds)];
  const results = await runContest({
    launcher,
    contestants,
    directory,
    progress,
    timeoutMs: TIMEOUT_MS,
  });
  const text =
    "Idle: an empty network namespace, the machine's own processes; " +
    `starting /bin/true takes ${renderDuration(timeFloorMs)}\n` +
    renderComparison({ results, reference: "netcap", listeners: 0 }) +
    renderTarget(results, { name: "capscope", reference: "netcap", limit: WALL_LIMIT });
  return { data: { timeFloorMs, results }, text };
}

/** Wanted: at most this many times the wall time of the C tool. */
const WALL_LIMIT = 5;
const TIMEOUT_MS = 20_000;
