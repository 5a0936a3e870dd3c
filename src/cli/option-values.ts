// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from "commander";
import { parseCapabilityNames } from "../capabilities/parse-names.ts";
import type { CapabilitySet } from "../capabilities/set.ts";

/** The name of something, a file's included, as the value of an option. */
export function parseName(text: string): string {
  if (text === "") throw new InvalidArgumentError("It is empty.");
  // "--interface --json" forgot the name; the C tool took the next option for it.
  if (/^--[a-z]/.test(text)) throw new InvalidArgumentError("That is an option, not a name.");
  return text;
}

/** A length of time above 0, in seconds. */
export function parseSeconds(text: string): number {
  const seconds = /^[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0)) throw new InvalidArgumentError("It is not a number of seconds above 0.");
  return seconds;
}

/** The number of a process. */
export function parsePid(text: string): number {
  const pid = /^[1-9][0-9]*$/.test(text) ? Number(text) : Number.NaN;
  if (!(pid <= 0x7fffffff)) throw new InvalidArgumentError("It is not a process id.");
  return pid;
}

/** Capabilities in any spelling; "none" is the empty set. */
export function parseCapabilityList(text: string): CapabilitySet {
  if (/^(?:none|=)?$/i.test(text.trim())) return 0n;
  const set = parseCapabilityNames(text);
  if (set === null) throw new InvalidArgumentError("It is no list of capabilities.");
  return set;
}

/** One of the words that are known. */
export function parseChoice<T extends string>(known: readonly T[], text: string, what: string): T {
  const found = known.find((candidate) => candidate === text);
  if (found === undefined) {
    throw new InvalidArgumentError(`Known ${what} are ${known.join(", ")}.`);
  }
  return found;
}
