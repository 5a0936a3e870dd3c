// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../../capabilities/names.ts";
import { type CapabilitySet, EMPTY_SET } from "../../capabilities/set.ts";
import { splitWords } from "./words.ts";

/** All 64 bits: what is not a capability of this kernel is left out when the set is applied. */
export const EVERYTHING: CapabilitySet = (1n << 64n) - 1n;

const LARGEST_NUMBER = 62;

/**
 * Merges one assignment of CapabilityBoundingSet= (`initial` is EVERYTHING) or
 * AmbientCapabilities= (`initial` is empty) into a set, as config_parse_capability_set() in
 * systemd: "" empties it, "~" alone fills it, the first assignment replaces, later ones add, those
 * with "~" take away. A name that systemd does not know is left out, with a warning.
 */
export function mergeCapabilities(
  set: CapabilitySet,
  initial: CapabilitySet,
  value: string,
  warn: (warning: string) => void,
): CapabilitySet {
  const isInverted = value.startsWith("~");
  const listed = parseList(isInverted ? value.slice(1) : value, warn);
  if (listed === EMPTY_SET || set === initial) return isInverted ? EVERYTHING & ~listed : listed;
  return isInverted ? set & ~listed : set | listed;
}

function parseList(text: string, warn: (warning: string) => void): CapabilitySet {
  let set = EMPTY_SET;
  const words = splitWords(text);
  if (words === null) warn("a quotation does not end");
  for (const word of words ?? []) {
    const number = numberOf(word);
    if (number !== null) set |= 1n << BigInt(number);
    else warn(describeUnknown(word));
  }
  return set;
}

/** As systemd: CAP_NAME in any case, or a decimal number. */
function numberOf(word: string): number | null {
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
