// SPDX-License-Identifier: Apache-2.0
import { constantName } from "../capabilities/spelling.ts";
import { escapeText } from "./text/escape.ts";

/** More names than these are not told in one line. */
const NAMES_AT_MOST = 4;
const SET_AT_MOST = 12;

/** A run of a command with a limited set. Sets are names, in number order. */
export interface ProgressRun {
  readonly number: number;
  readonly total: number;
  readonly set: readonly string[];
  /** The smallest set that was known to work. */
  readonly working: readonly string[];
  readonly failure: string | null;
}

/** "run 7 of about 12: without CAP_CHOWN: ended with status 1, not 0". */
export function runLine({ number, total, set, working, failure }: ProgressRun): string {
  const how = failure === null ? "works" : `fails: ${escapeText(failure)}`;
  return `run ${number} of about ${Math.max(number, total)}: ${setText(set, working)}: ${how}`;
}

function setText(set: readonly string[], working: readonly string[]): string {
  const gone = working.filter((name) => !set.includes(name));
  const isPart = set.every((name) => working.includes(name));
  if (isPart && gone.length === 0) return "once more with the same set";
  if (isPart && gone.length <= NAMES_AT_MOST) return `without ${namesText(gone)}`;
  if (set.length === 0) return "without any capability";
  return set.length > SET_AT_MOST
    ? `with ${set.length} capabilities`
    : `with only ${namesText(set)}`;
}

/** "CAP_CHOWN, CAP_KILL": in the order given. */
export function namesText(names: readonly string[]): string {
  return names.map((name) => escapeText(constantName(name))).join(", ");
}

/** What the first run shows, and what comes now. */
export function startLine(
  start: readonly string[],
  granted: number,
  runs: { readonly least: number; readonly most: number },
): string {
  const used =
    start.length === 0
      ? `none of ${granted} capabilities was used`
      : `${start.length} of ${granted} capabilities used: ${namesText(start)}`;
  return `run 1: works; ${used}; now it is run about ${runs.least} to ${runs.most} times with fewer`;
}
