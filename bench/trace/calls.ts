// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { chmod, chown, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Summary, summarize } from "../measure/statistics.ts";
import { type Condition, type ConditionName, conditions, traceTo } from "./conditions.ts";
import type { Surroundings } from "./suite.ts";

const run = promisify(execFile);

/** An operation of microbenchmark.c. */
export interface Operation {
  readonly name: string;
  /** The system call that makes its checks. */
  readonly syscall: string;
}

/** In the order in which they are measured. */
const OPERATIONS: readonly Operation[] = [
  { name: "setgroups", syscall: "setgroups" },
  { name: "open", syscall: "openat" },
  { name: "brk", syscall: "brk" },
  { name: "getppid", syscall: "getppid" },
];

/** What an operation costs under a condition. */
export interface Cost {
  readonly condition: ConditionName;
  /** Nanoseconds for one. */
  readonly perCall: Summary;
  /** Nanoseconds more than untraced in the same round. */
  readonly added: Summary;
  /** To untraced in the same round. */
  readonly ratio: Summary;
}

export interface OperationResult {
  readonly operation: string;
  /** As capscope counted them. */
  readonly checksPerCall: number;
  readonly costs: readonly Cost[];
}

export interface CallsResult {
  readonly rounds: number;
  /** How capscope saw the checks. */
  readonly wayIn: string;
  readonly operations: readonly OperationResult[];
  /** Why a condition was not measured. */
  readonly skipped: readonly string[];
}

/** Runs all operations under each condition in turn, round by round. */
export async function measureCalls(surroundings: Surroundings): Promise<CallsResult> {
  const { options, programs, capscopeCommand, abort, progress } = surroundings;
  const { wayIn: hook } = options;
  const { bareCounter } = programs;
  const all = conditions({ capscopeCommand, wayIn: hook, bareCounter, abort });
  const able = all.filter(({ missing }) => missing === null);
  const file = await makeForeignFile(surroundings.directory);
  const { wayIn, checks } = await countChecks(surroundings, file);
  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round++) {
    progress(`round ${round + 1} of ${options.rounds}`);
    const times: [ConditionName, Times][] = [];
    // The order rotates, so that nobody always runs after the same neighbour.
    const start = round % able.length;
    for (const condition of [...able.slice(start), ...able.slice(0, start)]) {
      times.push([condition.name, await measure(surroundings, condition, file)]);
    }
    rounds.push(new Map(times));
  }
  return {
    rounds: rounds.length,
    wayIn,
    operations: OPERATIONS.map(({ name }) => ({
      operation: name,
      checksPerCall: checks.get(name) ?? 0,
      costs: able.map((condition) => costOf(rounds, condition.name, name)),
    })),
    skipped: all.flatMap(({ name, missing }) => (missing === null ? [] : [`${name}: ${missing}`])),
  };
}

/** Nanoseconds by operation. */
type Times = ReadonlyMap<string, number>;
type Round = ReadonlyMap<ConditionName, Times>;

const TIMEOUT_MS = 300_000;
const NOBODY = 65_534;

/** A file that root may open only because of CAP_DAC_OVERRIDE. */
async function makeForeignFile(directory: string): Promise<string> {
  const file = join(directory, "foreign");
  await writeFile(file, "");
  await chown(file, NOBODY, NOBODY);
  await chmod(file, 0);
  return file;
}

async function measure(
  surroundings: Surroundings,
  { open, prefix, share }: Condition,
  file: string,
): Promise<Times> {
  const condition = await open();
  try {
    await sleep(surroundings.options.settleMs);
    return await repeat(surroundings, prefix, file, share);
  } finally {
    await condition[Symbol.asyncDispose]();
  }
}

async function repeat(
  { options, programs, abort }: Surroundings,
  prefix: readonly string[],
  file: string,
  share: number,
): Promise<Times> {
  const block = String(Math.ceil(options.block * share));
  const names = OPERATIONS.map(({ name }) => name);
  const own = [programs.microbenchmark, file, block, String(options.blocks), ...names];
  const [command = "", ...args] = [...prefix, ...own];
  const limits = { signal: abort, timeout: TIMEOUT_MS };
  const { stdout } = await run(command, args, limits).catch((error: unknown) => {
    abort.throwIfAborted();
    throw error;
  });
  const lines = stdout.trim().split("\n");
  return new Map(lines.map((line) => parseTime(line)));
}

function parseTime(line: string): [string, number] {
  const [name = "", nanoseconds = ""] = line.split(" ");
  if (!(Number(nanoseconds) > 0)) throw new Error(`microbenchmark: not an answer: ${line}`);
  return [name, Number(nanoseconds)];
}

interface ObservedCalls {
  readonly runs: readonly {
    readonly wayIn: string;
    readonly observations: readonly { readonly syscall: string | null; readonly count: number }[];
  }[];
}

/** Checks for each call of an operation, in one run of them all. */
async function countChecks(
  surroundings: Surroundings,
  file: string,
): Promise<{ readonly wayIn: string; readonly checks: Times }> {
  const { options, capscopeCommand, directory } = surroundings;
  const output = join(directory, "profile.json");
  await repeat(surroundings, traceTo({ capscopeCommand, wayIn: options.wayIn }, output), file, 1);
  const profile = JSON.parse(await readFile(output, "utf8")) as ObservedCalls;
  const observed = profile.runs.flatMap(({ observations }) => observations);
  const calls = options.block * options.blocks;
  const checks = new Map(
    OPERATIONS.map(({ name, syscall }) => {
      const own = observed.filter((observation) => observation.syscall === syscall);
      return [name, own.reduce((sum, observation) => sum + observation.count, 0) / calls];
    }),
  );
  return { wayIn: profile.runs[0]?.wayIn ?? "unknown", checks };
}

function costOf(rounds: readonly Round[], condition: ConditionName, operation: string): Cost {
  const pairs = rounds.map((round) => ({
    own: timeOf(round, condition, operation),
    reference: timeOf(round, "untraced", operation),
  }));
  return {
    condition,
    perCall: summarize(pairs.map(({ own }) => own)),
    added: summarize(pairs.map(({ own, reference }) => own - reference)),
    ratio: summarize(pairs.map(({ own, reference }) => own / reference)),
  };
}

function timeOf(round: Round, condition: ConditionName, operation: string): number {
  const time = round.get(condition)?.get(operation);
  if (time === undefined) throw new Error(`microbenchmark: no time of ${operation}`);
  return time;
}
