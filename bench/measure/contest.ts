// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Launcher, Run, RunRequest } from "./launcher.ts";
import { type Summary, summarize } from "./statistics.ts";

/** A command that takes part in a comparison. */
export interface Contestant {
  readonly name: string;
  readonly argv: readonly string[];
  /** Why it cannot run here, or null. */
  readonly missing: string | null;
  /** Exit statuses with which it has done its work. */
  readonly accepted: readonly number[];
  /** How many of the rounds it runs in; a slow one takes part in fewer. */
  readonly rounds: number;
  /** How many of the things it looks for its output shows, so that a fast wrong answer is not taken for a result. */
  countFound(output: string): number;
}

/** What one contestant needed; the measurements are null when it did not run. */
export interface Result {
  readonly name: string;
  readonly command: string;
  readonly skipped: string | null;
  readonly measured: Measured | null;
}

export interface Measured {
  readonly rounds: number;
  readonly found: number;
  readonly outputBytes: number;
  readonly wallMs: Summary;
  readonly cpuMs: Summary;
  readonly peakMemoryKib: Summary;
  /** Peak memory that is not above this is only known to be at most this. */
  readonly memoryFloorKib: number;
}

export interface Contest {
  readonly launcher: Launcher;
  readonly contestants: readonly Contestant[];
  readonly timeoutMs: number;
  /** Directory for the output of the first, unmeasured run of each. */
  readonly directory: string;
  readonly progress: (line: string) => void;
}

/** Runs every contestant once to warm up and check it, then all in turn, round by round. */
export async function runContest(contest: Contest): Promise<readonly Result[]> {
  const entries: Entry[] = [];
  for (const contestant of contest.contestants) entries.push(await rehearse(contest, contestant));
  const isAble = ({ skipped }: Entry): boolean => skipped === null;
  const rounds = Math.max(0, ...entries.filter(isAble).map((entry) => entry.contestant.rounds));
  for (let round = 0; round < rounds; round++) {
    contest.progress(`round ${round + 1} of ${rounds}`);
    // The order rotates, so that nobody always runs after the same neighbour.
    const start = round % entries.length;
    for (const entry of [...entries.slice(start), ...entries.slice(0, start)]) {
      if (!isAble(entry) || !isDue(round, entry.contestant.rounds, rounds)) continue;
      const run = await contest.launcher.run(request(contest, entry.contestant, "/dev/null"));
      entry.skipped = await explainFailure(contest, entry.contestant, run);
      entry.runs.push(run);
    }
  }
  return entries.map(toResult);
}

interface Entry {
  readonly contestant: Contestant;
  readonly found: number;
  readonly outputBytes: number;
  readonly runs: Run[];
  skipped: string | null;
}

/** Spreads `wanted` runs evenly over `rounds` rounds. */
function isDue(round: number, wanted: number, rounds: number): boolean {
  return Math.floor(((round + 1) * wanted) / rounds) > Math.floor((round * wanted) / rounds);
}

async function rehearse(contest: Contest, contestant: Contestant): Promise<Entry> {
  const entry = { contestant, found: 0, outputBytes: 0, runs: [] };
  if (contestant.missing !== null) return { ...entry, skipped: contestant.missing };
  contest.progress(`checking ${contestant.name}`);
  const stdout = join(contest.directory, "stdout");
  const run = await contest.launcher.run(request(contest, contestant, stdout));
  const skipped = await explainFailure(contest, contestant, run);
  if (skipped !== null) return { ...entry, skipped };
  const output = await readFile(stdout, "utf8");
  const found = contestant.countFound(output);
  return { ...entry, skipped, found, outputBytes: Buffer.byteLength(output) };
}

/** Why a run is no measurement; null when it is one. */
async function explainFailure(
  contest: Contest,
  { accepted }: Contestant,
  { exitCode, timedOut }: Run,
): Promise<string | null> {
  if (timedOut) return `not done after ${contest.timeoutMs / 1000} s`;
  if (exitCode !== null && accepted.includes(exitCode)) return null;
  const stderr = await readFile(join(contest.directory, "stderr"), "utf8");
  const how = exitCode === null ? "ended by a signal" : `failed with status ${exitCode}`;
  return `${how}: ${stderr.slice(0, 200).trim()}`;
}

function request(contest: Contest, contestant: Contestant, stdout: string): RunRequest {
  return {
    argv: contestant.argv,
    stdout,
    stderr: join(contest.directory, "stderr"),
    timeoutMs: contest.timeoutMs,
  };
}

function toResult({ contestant, skipped, found, outputBytes, runs }: Entry): Result {
  const { name } = contestant;
  const command = contestant.argv.join(" ");
  if (skipped !== null) return { name, command, skipped, measured: null };
  const measured = {
    rounds: runs.length,
    found,
    outputBytes,
    wallMs: summarize(runs.map((run) => run.wallMs)),
    cpuMs: summarize(runs.map((run) => run.cpuMs)),
    peakMemoryKib: summarize(runs.map((run) => run.peakMemoryKib)),
    memoryFloorKib: Math.max(...runs.map((run) => run.memoryFloorKib)),
  };
  return { name, command, skipped, measured };
}
