// SPDX-License-Identifier: Apache-2.0
import { COUNT, parseFlags, parseNumber } from "../measure/flags.ts";

/** What `bench files` was asked to do. */
export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly parts: readonly ["walk"];
  readonly files: number;
  readonly rounds: number;
  /** Where the tree is made; null for a tmpfs of its own. */
  readonly directory: string | null;
  /** Command line to measure instead of dist/capscope. */
  readonly capscope: string | null;
}

/** Text of `bench files --help`. */
export const USAGE = `usage: npm run bench -- files [options]

Measures capscope files on a tree of files against find -xdev -type f and getcap -r, as root.

  --files N        regular files in the tree (default 500,000)
  --rounds N       runs of each (default 9)
  --directory DIR  make the tree in DIR, on disk, rather than in memory
  --capscope CMD   measure CMD instead of dist/capscope; words are split at blanks
  --json           results as JSON on stdout
`;

/** Parses the arguments after the name of the suite. */
export function parseOptions(args: readonly string[]): Options {
  const values = parseFlags(args, FLAGS);
  const files = { minimum: 100, maximum: 5_000_000, whole: true };
  return {
    help: values.help === true,
    json: values.json === true,
    parts: ["walk"],
    files: parseNumber("files", values.files, 500_000, files),
    rounds: parseNumber("rounds", values.rounds, 9, COUNT),
    directory: values.directory ?? null,
    capscope: values.capscope ?? null,
  };
}

const FLAGS = {
  help: { type: "boolean" },
  json: { type: "boolean" },
  files: { type: "string" },
  rounds: { type: "string" },
  directory: { type: "string" },
  capscope: { type: "string" },
} as const;
