// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "./names.ts";
import {
  type CapabilitySet,
  capabilityNumbers,
  EMPTY_SET,
  EVERYTHING,
  NAMED_CAPABILITIES,
} from "./set.ts";
import { systemdName } from "./spelling.ts";

/** One `CapabilityBoundingSet=` or `AmbientCapabilities=` line: its words, without the `~`. */
export interface SystemdAssignment {
  readonly isInverted: boolean;
  readonly words: readonly string[];
}

/** systemd refuses number 63 (CAP_LIMIT). */
const LARGEST_NUMBER = 62;

/**
 * Merges one assignment of CapabilityBoundingSet= (`initial` is EVERYTHING) or
 * AmbientCapabilities= (`initial` is empty) into a set, as config_parse_capability_set() in
 * systemd: "" empties it, "~" alone fills it, the first assignment replaces, later ones add, those
 * with "~" take away. A name that systemd does not know is left out, with a warning.
 */
export function mergeSystemdAssignment(
  set: CapabilitySet,
  initial: CapabilitySet,
  { isInverted, words }: SystemdAssignment,
  warn: (warning: string) => void,
): CapabilitySet {
  let listed = EMPTY_SET;
  for (const word of words) {
    const number = systemdNumber(word);
    if (number === null) warn(describeUnknown(word));
    else listed |= 1n << BigInt(number);
  }
  if (listed === EMPTY_SET || set === initial) return isInverted ? EVERYTHING & ~listed : listed;
  return isInverted ? set & ~listed : set | listed;
}

/**
 * The value that makes systemd set exactly this set on a kernel that knows `all`: names, or `~`
 * and what is missing where that is shorter.
 */
export function formatSystemdList(
  set: CapabilitySet,
  all: CapabilitySet = NAMED_CAPABILITIES,
): string {
  const held = capabilityNumbers(set & all);
  const missing = capabilityNumbers(all & ~set);
  const isShorter = missing.length < held.length;
  return (isShorter ? "~" : "") + (isShorter ? missing : held).map(systemdName).join(" ");
}

/** As capability_from_name() in systemd: CAP_NAME in any case, or a decimal number. */
function systemdNumber(word: string): number | null {
  if (/^\d+$/.test(word)) return Number(word) <= LARGEST_NUMBER ? Number(word) : null;
  const name = /^cap_(.+)$/i.exec(word)?.[1]?.toLowerCase();
  const number = CAPABILITY_NAMES.indexOf(name ?? "");
  return number === -1 ? null : number;
}

function describeUnknown(word: string): string {
  const isBare = CAPABILITY_NAMES.includes(word.toLowerCase());
  const remedy = isBare ? `: it has to be CAP_${word.toUpperCase()}` : "";
  return `systemd does not know the capability ${word} and ignores it${remedy}`;
}
