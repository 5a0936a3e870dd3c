// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, capabilityNames, EMPTY_SET, NAMED_CAPABILITIES } from "./set.ts";
import { parseCapabilityWord } from "./spelling.ts";

/**
 * Writes a set as libcap-ng and its programs do: `none`, `full`, or `chown, net_raw`. `all` is what
 * the kernel knows.
 */
export function formatLibcapNgText(
  set: CapabilitySet,
  all: CapabilitySet = NAMED_CAPABILITIES,
): string {
  const known = set & all;
  if (known === EMPTY_SET) return "none";
  return known === all ? "full" : capabilityNames(known).join(", ");
}

/**
 * Reads such a text. The marks that pscap(8) puts after it are left out: `@` (ambient ones), `+`
 * (the bounding set is open) and `*` (in a child user namespace). Null when it is not one.
 */
export function parseLibcapNgText(
  text: string,
  all: CapabilitySet = NAMED_CAPABILITIES,
): CapabilitySet | null {
  const list = text.trim().replace(/(?:\s+[@+*])+$/, "");
  if (list === "none" || list === "(none)") return EMPTY_SET;
  if (list === "full" || list === "(full)") return all;
  let set = EMPTY_SET;
  for (const word of list.split(/\s*,\s*/)) {
    const number = parseCapabilityWord(word);
    if (number === null) return null;
    set |= 1n << BigInt(number);
  }
  return set;
}
