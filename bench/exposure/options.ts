// SPDX-License-Identifier: Apache-2.0
import { COUNT, parseFlags, parseNumber, type Range } from "../measure/flags.ts";

/** What `bench exposure` was asked to do. */
export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly parts: readonly Part[];
  readonly scale: number;
  readonly rounds: number;
  readonly slowRounds: number;
  readonly idleRounds: number;
  /** Command line to measure instead of dist/capscope. */
  readonly capscope: string | null;
}

export type Part = (typeof PARTS)[number];
const PARTS = ["load", "idle", "curve"] as const;

/** Text of `bench exposure --help`. */
export const USAGE = `usage: npm run bench -- exposure [options]

Measures capscope exposure --json against ss -tulpnH and the classic netcap, as root.

  --load           under a load of 2,000 processes, 100,000 descriptors and 10,000
                   listeners (default, together with --idle)
  --idle           start-up: an empty network namespace, the machine's own processes
  --curve          growth at 1x, 2x and 4x of sockets, of descriptors and of addresses
  --scale N        size of the load, 0.001 to 5 (default 1)
  --rounds N       runs of capscope and ss (default 9; curve: 5)
  --slow-rounds N  runs of netcap under load (default 2; 0 leaves it out)
  --idle-rounds N  runs of each when idle (default 30)
  --capscope CMD   measure CMD instead of dist/capscope; words are split at blanks
  --json           results as JSON on stdout
`;

/** Parses the arguments after the name of the suite. */
export function parseOptions(args: readonly string[]): Options {
  const values = parseFlags(args, FLAGS);
  const chosen = PARTS.filter((part) => values[part] === true);
  const number = (name: NumberOption, fallback: number, range: Range): number =>
    parseNumber(name, values[name], fallback, range);
  return {
    help: values.help === true,
    json: values.json === true,
    parts: chosen.length === 0 ? ["load", "idle"] : chosen,
    scale: number("scale", 1, { minimum: 0.001, maximum: 5, whole: false }),
    rounds: number("rounds", chosen.includes("curve") ? 5 : 9, COUNT),
    slowRounds: number("slow-rounds", 2, { ...COUNT, minimum: 0 }),
    idleRounds: number("idle-rounds", 30, COUNT),
    capscope: values.capscope ?? null,
  };
}

type NumberOption = "scale" | "rounds" | "slow-rounds" | "idle-rounds";

const FLAGS = {
  help: { type: "boolean" },
  json: { type: "boolean" },
  load: { type: "boolean" },
  idle: { type: "boolean" },
  curve: { type: "boolean" },
  scale: { type: "string" },
  rounds: { type: "string" },
  "slow-rounds": { type: "string" },
  "idle-rounds": { type: "string" },
  capscope: { type: "string" },
} as const;
