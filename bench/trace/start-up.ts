// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { type Launcher, openLauncher } from "../measure/launcher.ts";
import { type Summary, summarize } from "../measure/statistics.ts";
import { renderDuration, renderTable } from "../measure/table.ts";
import type { PartResult } from "../measure/parts.ts";
import type { Surroundings } from "./suite.ts";

/** Wanted: at most so much more than the command alone. */
const LIMIT_MS = 60;
const TIMEOUT_MS = 20_000;
const COMMAND = ["/bin/true"];

/** Measures what it takes to trace a command that does nothing. */
export async function measureStartUp(surroundings: Surroundings): Promise<PartResult> {
  const { options, capscopeCommand, abort, directory, progress } = surroundings;
  await using launcher = await openLauncher([], abort);
  const traced = [...capscopeCommand, "trace", "--", ...COMMAND];
  const time = (argv: readonly string[]): Promise<Times> => timesOf(launcher, argv, directory);
  await time(traced);
  const runs: { untraced: Times; again: Times; traced: Times }[] = [];
  for (let round = 0; round < options.runs; round++) {
    progress(`start-up ${round + 1} of ${options.runs}`);
    const untraced = await time(COMMAND);
    runs.push({ untraced, traced: await time(traced), again: await time(COMMAND) });
  }
  const data = {
    runs: runs.length,
    untracedMs: summarize(runs.map((each) => each.untraced.wallMs)),
    tracedMs: summarize(runs.map((each) => each.traced.wallMs)),
    noiseMs: summarize(runs.map((each) => each.again.wallMs - each.untraced.wallMs)),
    addedMs: summarize(runs.map((each) => each.traced.wallMs - each.untraced.wallMs)),
    cpuMs: summarize(runs.map((each) => each.traced.cpuMs)),
  };
  return { data, text: render(data) };
}

interface Times {
  readonly wallMs: number;
  /** Of the program and of the system for it, on all CPUs. */
  readonly cpuMs: number;
}

async function timesOf(
  launcher: Launcher,
  argv: readonly string[],
  directory: string,
): Promise<Times> {
  const streams = { stdout: "/dev/null", stderr: join(directory, "stderr") };
  const result = await launcher.run({ argv, ...streams, timeoutMs: TIMEOUT_MS });
  const { wallMs, cpuMs, exitCode } = result;
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: status ${exitCode ?? "of a signal"}`);
  return { wallMs, cpuMs };
}

interface StartUp {
  readonly runs: number;
  readonly untracedMs: Summary;
  readonly tracedMs: Summary;
  readonly noiseMs: Summary;
  readonly addedMs: Summary;
  readonly cpuMs: Summary;
}

function render({ runs, untracedMs, tracedMs, noiseMs, addedMs, cpuMs }: StartUp): string {
  const row = (name: string, summary: Summary): string[] => [
    name,
    renderDuration(summary.median),
    `${renderDuration(summary.lowerQuartile)} - ${renderDuration(summary.upperQuartile)}`,
  ];
  const rows = [
    ["", "median", "quartiles"],
    row("/bin/true", untracedMs),
    row("capscope trace -- /bin/true", tracedMs),
    row("difference", addedMs),
    row("difference of two untraced runs", noiseMs),
    row("CPU time of a trace, all CPUs", cpuMs),
  ];
  const verdict = addedMs.median <= LIMIT_MS ? "met" : "MISSED";
  return (
    `Start-up: wall time of ${runs} runs of each, in turn\n${renderTable(rows)}` +
    `  wanted: at most ${LIMIT_MS} ms more; measured ${renderDuration(addedMs.median)}: ${verdict}\n`
  );
}
