// SPDX-License-Identifier: Apache-2.0
import { type IabVectors, parseIabText } from "./iab-text.ts";
import { type CapabilityState, parseLibcapText } from "./libcap-text.ts";
import { type CapabilitySet, EMPTY_SET, NAMED_CAPABILITIES } from "./set.ts";
import { parseCapabilityWord } from "./spelling.ts";

/** What was read, and in which form it was. */
export type Spelling =
  | { readonly form: "list"; readonly set: CapabilitySet }
  | { readonly form: "libcap"; readonly set: CapabilitySet; readonly state: CapabilityState }
  | { readonly form: "iab"; readonly set: CapabilitySet; readonly vectors: IabVectors }
  /** The first word that is none of it; empty when there was none at all. */
  | { readonly form: "unknown"; readonly word: string };

/**
 * Reads capabilities in any spelling, separated by commas or blanks: `net_admin`, `CAP_NET_ADMIN`,
 * `12`, `cap_41`, a mask such as `0x3000`, `ALL`, `full`, `none`; cap_from_text(3)'s
 * `cap_net_raw,cap_chown=ep`; cap_iab_from_text(3)'s `^cap_net_raw,!cap_chown`. A leading `~` stands
 * for all the others, as in a unit file. A number stays a number, known or not.
 */
export function parseSpelling(text: string): Spelling {
  if (/[=+-]/.test(text)) return parseState(text);
  if (/[!^%]/.test(text)) return parseVectors(text);
  const isInverted = text.trimStart().startsWith("~");
  const list = parseList(isInverted ? text.trimStart().slice(1) : text);
  if (list.form !== "list" || !isInverted) return list;
  return { form: "list", set: NAMED_CAPABILITIES & ~list.set };
}

/** The set that a spelling means, whatever its form; null when it is none. */
export function parseCapabilityNames(text: string): CapabilitySet | null {
  const spelling = parseSpelling(text);
  return spelling.form === "unknown" ? null : spelling.set;
}

/** All that a text of libcap names, in whichever of the three sets. */
function parseState(text: string): Spelling {
  const state = parseLibcapText(text, NAMED_CAPABILITIES, parseCapabilityWord);
  if (state === null) return { form: "unknown", word: text.trim() };
  return { form: "libcap", set: state.effective | state.inheritable | state.permitted, state };
}

function parseVectors(text: string): Spelling {
  const vectors = parseIabText(text.trim());
  if (vectors === null) return { form: "unknown", word: text.trim() };
  return { form: "iab", set: vectors.inheritable | vectors.ambient, vectors };
}

function parseList(text: string): Spelling {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  if (words.length === 0) return { form: "unknown", word: "" };
  let set = EMPTY_SET;
  for (const word of words) {
    const part = parseWord(word);
    if (part === null) return { form: "unknown", word };
    set |= part;
  }
  return { form: "list", set };
}

function parseWord(word: string): CapabilitySet | null {
  if (/^(?:cap_)?all$|^full$/i.test(word)) return NAMED_CAPABILITIES;
  if (/^none$/i.test(word)) return EMPTY_SET;
  if (/^0x[0-9a-f]{1,16}$/i.test(word)) return BigInt(word);
  const number = parseCapabilityWord(word);
  return number === null ? null : 1n << BigInt(number);
}
