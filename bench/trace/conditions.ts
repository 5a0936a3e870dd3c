// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { openLineProcess } from "../measure/line-process.ts";
import { openBareCounter } from "./bare-counter.ts";

/** What is the case on the machine while the microbenchmark runs. */
export interface Condition {
  readonly name: ConditionName;
  /** What to put before the command. */
  readonly prefix: readonly string[];
  /** Of the calls of the others; less for what makes each of them slow. */
  readonly share: number;
  /** Why it cannot be had here, or null. */
  readonly missing: string | null;
  /** Brings it about; undone by disposing of it. */
  readonly open: () => Promise<AsyncDisposable>;
}

export type ConditionName = (typeof CONDITION_NAMES)[number];
export const CONDITION_NAMES = [
  "untraced",
  "untraced, again",
  "another is traced",
  "empty program",
  "bare counter",
  "traced",
  "strace -f",
] as const;

export interface ConditionOptions {
  readonly capscopeCommand: readonly string[];
  /** The only one for capscope to try, or null. */
  readonly wayIn: string | null;
  /** Object file. */
  readonly bareCounter: string;
  readonly abort: AbortSignal;
}

/** `untraced` first; the rest is compared with it, `untraced, again` to see the noise. */
export function conditions(options: ConditionOptions): readonly Condition[] {
  const plain = { prefix: [], share: 1, missing: null, open: nothing };
  return [
    { ...plain, name: "untraced" },
    { ...plain, name: "untraced, again" },
    { ...plain, name: "another is traced", open: () => traceAnother(options) },
    { ...plain, name: "empty program", open: () => attach(options.bareCounter, "empty") },
    { ...plain, name: "bare counter", open: () => attach(options.bareCounter, "count") },
    { ...plain, name: "traced", prefix: traceTo(options, "/dev/null") },
    {
      ...plain,
      name: "strace -f",
      prefix: ["strace", "-f", "-o", "/dev/null", "--"],
      share: STRACE_SHARE,
      missing: isInPath("strace") ? null : "not installed (package strace)",
    },
  ];
}

const STRACE_SHARE = 1 / 32;
const READY_TIMEOUT_MS = 60_000;

/** Words before a command that is to be traced, with the profile in a file. */
export function traceTo(
  { capscopeCommand, wayIn }: Pick<ConditionOptions, "capscopeCommand" | "wayIn">,
  file: string,
): readonly string[] {
  const hook = wayIn === null ? [] : ["--way-in", wayIn];
  return [...capscopeCommand, "trace", ...hook, "--json", "-o", file, "--"];
}

async function nothing(): Promise<AsyncDisposable> {
  return { [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Traces a shell that waits, and does nothing, until it is disposed of. */
async function traceAnother(options: ConditionOptions): Promise<AsyncDisposable> {
  const waiting = ["/bin/sh", "-c", "echo; read -r _"];
  const tracer = await openLineProcess(
    [...traceTo(options, "/dev/null"), ...waiting],
    options.abort,
  );
  try {
    await tracer.readLine(READY_TIMEOUT_MS);
  } catch (error) {
    await tracer[Symbol.asyncDispose]();
    throw error;
  }
  return tracer;
}

async function attach(path: string, kind: "empty" | "count"): Promise<AsyncDisposable> {
  const counter = await openBareCounter(path, kind);
  return {
    [Symbol.asyncDispose]: () => {
      counter[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

function isInPath(name: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, name)));
}
