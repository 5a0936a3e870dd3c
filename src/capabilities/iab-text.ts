// SPDX-License-Identifier: Apache-2.0
import { libcapNumber } from "./libcap-text.ts";
import {
  type CapabilitySet,
  capabilityNumbers,
  EMPTY_SET,
  EVERYTHING,
  NAMED_CAPABILITIES,
} from "./set.ts";
import { libcapName } from "./spelling.ts";

/** The three vectors that libcap calls IAB. */
export interface IabVectors {
  readonly inheritable: CapabilitySet;
  readonly ambient: CapabilitySet;
  readonly bounding: CapabilitySet;
}

/**
 * Reads the form of cap_iab_from_text(3), which capsh(8) and captree(8) print: `!cap_x` is not in
 * the bounding set, `%cap_x` or `cap_x` is inheritable, `^cap_x` is also ambient. Null when it is
 * not such a text.
 */
export function parseIabText(
  text: string,
  all: CapabilitySet = NAMED_CAPABILITIES,
): IabVectors | null {
  let [inheritable, ambient, dropped] = [EMPTY_SET, EMPTY_SET, EMPTY_SET];
  for (const word of text === "" ? [] : text.split(",")) {
    const [, marks = "", name = ""] = /^([!^%]*)(.*)$/.exec(word) ?? [];
    const number = libcapNumber(name);
    if (number === null) return null;
    const bit = 1n << BigInt(number);
    if (marks.includes("!")) dropped |= bit;
    if (marks.includes("^")) ambient |= bit;
    if (marks !== "!") inheritable |= bit;
  }
  return { inheritable, ambient, bounding: all & ~dropped };
}

/** Writes what cap_iab_to_text(3) writes; `all` is what the kernel knows. */
export function formatIabText(
  { inheritable, ambient, bounding }: IabVectors,
  all: CapabilitySet = NAMED_CAPABILITIES,
): string {
  const dropped = all & EVERYTHING & ~bounding;
  return capabilityNumbers((inheritable | ambient | dropped) & all)
    .map((number) => {
      const has = (set: CapabilitySet): boolean => ((set >> BigInt(number)) & 1n) === 1n;
      // A mark before a name that is inheritable only is needed just after "!".
      const raised = has(ambient) ? "^" : has(inheritable) && has(dropped) ? "%" : "";
      return (has(dropped) ? "!" : "") + raised + libcapName(number);
    })
    .join(",");
}
