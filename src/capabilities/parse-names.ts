// SPDX-License-Identifier: Apache-2.0
import { parseLibcapText } from "./libcap-text.ts";
import { type CapabilitySet, EMPTY_SET, NAMED_CAPABILITIES } from "./set.ts";
import { parseCapabilityWord } from "./spelling.ts";

/**
 * Reads capabilities in any spelling, separated by commas or blanks: `net_admin`, `CAP_NET_ADMIN`,
 * `12`, `cap_41`, a mask such as `0x3000`, `ALL`, and cap_from_text(3)'s `cap_net_raw,cap_chown=ep`.
 * A leading `~` stands for all the others, as in a unit file.
 * A number stays a number, known or not. Null when a word is none of it, or when there is none.
 */
export function parseCapabilityNames(text: string): CapabilitySet | null {
  const isInverted = text.trimStart().startsWith("~");
  const list = isInverted ? text.trimStart().slice(1) : text;
  const set = /[=+-]/.test(list) ? parseState(list) : parseList(list);
  return set !== null && isInverted ? NAMED_CAPABILITIES & ~set : set;
}

/** All that a text of libcap names, in whichever of the three sets. */
function parseState(text: string): CapabilitySet | null {
  const state = parseLibcapText(text, NAMED_CAPABILITIES, parseCapabilityWord);
  return state === null ? null : state.effective | state.inheritable | state.permitted;
}

function parseList(text: string): CapabilitySet | null {
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
  if (/^(?:cap_)?all$/i.test(word)) return NAMED_CAPABILITIES;
  if (/^0x[0-9a-f]{1,16}$/i.test(word)) return BigInt(word);
  const number = parseCapabilityWord(word);
  return number === null ? null : 1n << BigInt(number);
}
