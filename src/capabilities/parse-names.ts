// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "./names.ts";
import { allCapabilities, type CapabilitySet, EMPTY_SET } from "./set.ts";

/** Masks and sets of the kernel have 64 bits. */
const HIGHEST_NUMBER = 63;

/**
 * Reads capabilities in any spelling, separated by commas or blanks: `net_admin`, `CAP_NET_ADMIN`,
 * `12`, `cap_41`, a mask such as `0x3000`, `ALL`, and cap_from_text(3)'s `cap_net_raw,cap_chown=ep`.
 * A number stays a number, known or not. Null when a word is none of it, or when there is none.
 */
export function parseCapabilityNames(text: string): CapabilitySet | null {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  if (words.length === 0) return null;
  let set = EMPTY_SET;
  for (const word of words) {
    const part = parseWord(word);
    if (part === null) return null;
    set |= part;
  }
  return set;
}

function parseWord(word: string): CapabilitySet | null {
  const isAll = /^(?:all|)[=+][eip]+$/i.test(word) || /^(?:cap_)?all$/i.test(word);
  if (isAll) return allCapabilities(CAPABILITY_NAMES.length - 1);
  if (/^0x[0-9a-f]{1,16}$/i.test(word)) return BigInt(word);
  const name = word
    .toLowerCase()
    .replace(/[=+][eip]*$/, "")
    .replace(/^cap_/, "");
  const number = /^[0-9]{1,2}$/.test(name) ? Number(name) : CAPABILITY_NAMES.indexOf(name);
  return number === -1 || number > HIGHEST_NUMBER ? null : 1n << BigInt(number);
}
