// SPDX-License-Identifier: Apache-2.0
import { COUNT, parseFlags, parseNumber } from "../measure/flags.ts";

/** What `bench trace` was asked to do. */
export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly parts: readonly Part[];
  readonly rounds: number;
  readonly runs: number;
  readonly guestRounds: number;
  /** Calls in a block; a round has many, and the time of a fast one is taken. */
  readonly block: number;
  readonly blocks: number;
  /** Command line to measure instead of dist/capscope. */
  readonly capscope: string | null;
  /** Milliseconds to wait before each measurement. */
  readonly settleMs: number;
  /** The only way into the kernel for capscope to try. */
  readonly wayIn: string | null;
  /** Directory of what `compilePrograms` makes, made before. */
  readonly programs: string | null;
}

export type Part = (typeof PARTS)[number];
const PARTS = ["calls", "start-up", "guest"] as const;

/** Text of `bench trace --help`. */
export const USAGE = `usage: npm run bench -- trace [options]

Measures what tracing costs, as root: each number is a ratio or a difference to the same
command untraced, in the same run.

  --calls          system calls with and without capability checks, traced by capscope,
                   by a bare counter and by strace (default, together with --start-up)
  --start-up       capscope trace -- /bin/true against /bin/true
  --guest          system calls, counted in instructions, in guests with Debian's newest
                   kernel and with 6.12, which are downloaded (needs qemu-system-x86); takes
                   minutes
  --rounds N       rounds of --calls (default 40)
  --runs N         runs of each command of --start-up (default 21)
  --guest-rounds N rounds of --guest (default 3)
  --block N        calls in a block (default 1024)
  --blocks N       blocks in a round, of which the first decile is taken (default 30)
  --capscope CMD   measure CMD instead of dist/capscope; words are split at blanks
  --settle MS      wait before each measurement of --calls (default 0)
  --way-in HOOK    the only hook into the kernel that capscope tries
  --programs DIR   take the compiled programs from there
  --json           results as JSON on stdout
`;

/** Parses the arguments after the name of the suite. */
export function parseOptions(args: readonly string[]): Options {
  const values = parseFlags(args, FLAGS);
  const chosen = PARTS.filter((part) => values[part] === true);
  const count = (name: NumberOption, fallback: number): number =>
    parseNumber(name, values[name], fallback, COUNT);
  return {
    help: values.help === true,
    json: values.json === true,
    parts: chosen.length === 0 ? ["calls", "start-up"] : chosen,
    rounds: count("rounds", 40),
    runs: count("runs", 21),
    guestRounds: count("guest-rounds", 3),
    block: parseNumber("block", values.block, 1024, { ...COUNT, maximum: 1_000_000 }),
    blocks: count("blocks", 30),
    capscope: values.capscope ?? null,
    settleMs: parseNumber("settle", values.settle, 0, { ...COUNT, minimum: 0 }),
    wayIn: values["way-in"] ?? null,
    programs: values.programs ?? null,
  };
}

type NumberOption = "rounds" | "runs" | "guest-rounds" | "blocks";

const FLAGS = {
  help: { type: "boolean" },
  json: { type: "boolean" },
  calls: { type: "boolean" },
  "start-up": { type: "boolean" },
  guest: { type: "boolean" },
  rounds: { type: "string" },
  runs: { type: "string" },
  "guest-rounds": { type: "string" },
  block: { type: "string" },
  blocks: { type: "string" },
  capscope: { type: "string" },
  settle: { type: "string" },
  "way-in": { type: "string" },
  programs: { type: "string" },
} as const;
