// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "./names.ts";
import {
  type CapabilitySet,
  capabilityNumbers,
  EMPTY_SET,
  EVERYTHING,
  NAMED_CAPABILITIES,
} from "./set.ts";
import { HIGHEST_NUMBER, libcapName } from "./spelling.ts";

/** The three sets that cap_t of libcap has, and capset(2) takes. */
export interface CapabilityState {
  readonly effective: CapabilitySet;
  readonly inheritable: CapabilitySet;
  readonly permitted: CapabilitySet;
}

type MutableState = { -readonly [Set in keyof CapabilityState]: CapabilityState[Set] };

/** Bits of a combination of sets, as in libcap; letters in the order in which it writes them. */
const FLAGS = [
  ["effective", 1, "e"],
  ["inheritable", 4, "i"],
  ["permitted", 2, "p"],
] as const;

/** A clause with names: the operator after them may be `=`, `=+`, `=-`, `+` or `-`. */
const LISTED = /^([a-z0-9_]+(?:,[a-z0-9_]+)*)((?:=[eip]*|(?:=?[+-])[eip]+)(?:[+-][eip]+)*)$/i;
/** Without names only `=` may follow, once. */
const UNLISTED = /^=([eip]*)$/;
const ACTION = /(=[+-]?|[+-])([eip]*)/g;

/**
 * Reads the text form of libcap, as cap_from_text(3): `cap_net_raw+ep`, `=ep`, `all=p cap_kill-e`.
 * `all` is what the word all and a bare `=` stand for. Null when it is not such a text.
 */
export function parseLibcapText(
  text: string,
  all: CapabilitySet = NAMED_CAPABILITIES,
  numberOf: (word: string) => number | null = libcapNumber,
): CapabilityState | null {
  const state: MutableState = {
    effective: EMPTY_SET,
    inheritable: EMPTY_SET,
    permitted: EMPTY_SET,
  };
  // As isspace(3) in the C locale.
  for (const clause of text.split(/[ \t\n\v\f\r]+/)) {
    if (clause !== "" && !applyClause(state, clause, all, numberOf)) return null;
  }
  return state;
}

function applyClause(
  state: MutableState,
  clause: string,
  all: CapabilitySet,
  numberOf: (word: string) => number | null,
): boolean {
  const unlisted = UNLISTED.exec(clause);
  if (unlisted !== null) {
    apply(state, all, "=", unlisted[1] ?? "");
    return true;
  }
  const [, list, actions] = LISTED.exec(clause) ?? [];
  // The letters of the sets are lower case; names may be of any case.
  if (list === undefined || actions === undefined || /[EIP]/.test(actions)) return false;
  let set = EMPTY_SET;
  for (const word of list.split(",")) {
    const number = numberOf(word);
    // As libcap has it: what was named before it does not matter, not even a number beyond.
    if (word.toLowerCase() === "all") set = all;
    else if (number === null) return false;
    else set |= 1n << BigInt(number);
  }
  for (const [, operator = "", letters = ""] of actions.matchAll(ACTION)) {
    apply(state, set, operator, letters);
  }
  return true;
}

function apply(state: MutableState, set: CapabilitySet, operator: string, letters: string): void {
  for (const [name, , letter] of FLAGS) {
    if (operator.startsWith("=")) state[name] &= ~set;
    if (!letters.includes(letter)) continue;
    if (operator.endsWith("-")) state[name] &= ~set;
    else state[name] |= set;
  }
}

/** As cap_from_name(3): cap_NAME in any case, or a number as C writes it. */
export function libcapNumber(word: string): number | null {
  if (/^(?:0x[0-9a-f]+|[1-9][0-9]*|0[0-7]*)$/i.test(word)) {
    const digits = /^0[0-7]+$/.test(word) ? `0o${word}` : word;
    const number = Number(digits);
    return number > HIGHEST_NUMBER ? null : number;
  }
  const name = /^cap_(.+)$/i.exec(word)?.[1]?.toLowerCase();
  const number = CAPABILITY_NAMES.indexOf(name ?? "");
  return number === -1 ? null : number;
}

/**
 * Writes the text that cap_to_text(3) writes (libcap 2.66), with `named` as the capabilities that
 * the kernel knows: first the combination of sets that most of these have, then what differs from
 * it, then the capabilities that the kernel does not know.
 */
export function formatLibcapText(
  state: CapabilityState,
  named: CapabilitySet = NAMED_CAPABILITIES,
): string {
  const groups = groupByFlags(state);
  const counts = groups.map((set) => capabilityNumbers(set & named).length);
  const common = counts.indexOf(Math.max(...counts));
  const clauses = formatGroups(groups, named, common);
  const unnamed = formatGroups(groups, EVERYTHING & ~named, 0);
  if (common !== 0 || clauses.length === 0) clauses.unshift(`=${flagLetters(common)}`);
  // The first clause begins where there is nothing yet: "=" says the same as "+".
  else clauses[0] = clauses[0]?.replace("+", "=") ?? "";
  return [...clauses, ...unnamed].join(" ");
}

function formatGroups(
  groups: readonly CapabilitySet[],
  among: CapabilitySet,
  common: number,
): string[] {
  const clauses: string[] = [];
  for (let flags = 7; flags >= 0; flags--) {
    const set = (groups[flags] ?? EMPTY_SET) & among;
    if (flags === common || set === EMPTY_SET) continue;
    const raised = flagLetters(flags & ~common);
    const lowered = flagLetters(~flags & common);
    clauses.push(
      capabilityNumbers(set).map(libcapName).join(",") +
        (raised === "" ? "" : `+${raised}`) +
        (lowered === "" ? "" : `-${lowered}`),
    );
  }
  return clauses;
}

/** The capabilities of each combination. */
function groupByFlags(state: CapabilityState): readonly CapabilitySet[] {
  return Array.from({ length: 8 }, (_, flags) => {
    let group = EVERYTHING;
    for (const [name, bit] of FLAGS) {
      group &= (flags & bit) === 0 ? EVERYTHING & ~state[name] : state[name];
    }
    return group;
  });
}

function flagLetters(flags: number): string {
  return FLAGS.map(([, bit, letter]) => ((flags & bit) === 0 ? "" : letter)).join("");
}
