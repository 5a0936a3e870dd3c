// SPDX-License-Identifier: Apache-2.0
import { knowledgeOf } from "./knowledge/index.ts";
import type { CapabilityKnowledge } from "./knowledge/model.ts";
import { capabilityName } from "./names.ts";
import type { ExplainedCapability } from "./reports.ts";
import { DEFAULT_SETS } from "./runtimes.ts";
import { capabilityNumbers, type CapabilitySet, formatMask } from "./set.ts";

/** Everything that is known of each capability in a set, in number order. */
export function explainSet(set: CapabilitySet): readonly ExplainedCapability[] {
  return capabilityNumbers(set).map((number) => {
    const bit = 1n << BigInt(number);
    const name = capabilityName(number);
    const known = knowledgeOf(name);
    return {
      name,
      number,
      mask: formatMask(bit),
      knowledge: known === null ? null : withoutName(known),
      defaultOf: Object.entries(DEFAULT_SETS)
        .filter(([, held]) => (held & bit) !== 0n)
        .map(([engine]) => engine),
    };
  });
}

/** The name stands beside it already. */
function withoutName(known: CapabilityKnowledge): Omit<CapabilityKnowledge, "name"> {
  const { name: _, ...rest } = known;
  return rest;
}
