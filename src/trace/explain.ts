// SPDX-License-Identifier: Apache-2.0
import type { BearingCondition } from "./conditions.ts";
import { GATE_PLACES } from "./gate-places.ts";
import { askersOf, gateOf, passesThrough } from "./kernel-stack.ts";

/**
 * The innermost functions may be parts of those that the compiler put them into; further out a
 * function asks for reasons of its own.
 */
const NEAR = 3;

/** What the capability is for where it was asked for; null where no rule tells. */
export function purposeOf(frames: readonly string[], capability: string): string | null {
  for (const asker of askersOf(frames).slice(0, NEAR)) {
    const place = GATE_PLACES.find(
      ({ functions, capabilities }) =>
        capabilities.includes(capability) && passesThrough([asker], functions),
    );
    if (place !== undefined) return place.purpose;
  }
  return null;
}

/** One sentence for a check that decided something. */
export function reasonOf(
  frames: readonly string[],
  purpose: string | null,
  granted: boolean,
  setting: BearingCondition | undefined,
): string {
  const because =
    setting === undefined
      ? ""
      : `; asked for only because of ${setting.text}` +
        (setting.otherwise === null ? "" : ` (with ${setting.otherwise} it is not)`);
  if (purpose === null) return `${unexplained(frames, granted)}${because}`;
  return `${granted ? "it let" : "it would have let"} the program ${purpose}${because}`;
}

function unexplained(frames: readonly string[], granted: boolean): string {
  const gate = gateOf(frames);
  const what =
    gate === null
      ? "where in the kernel it was asked for was not seen"
      : `no rule explains why ${gate}() in the kernel asks for it`;
  return granted ? `${what}: taken as a need` : what;
}
