// SPDX-License-Identifier: Apache-2.0
import { compareCapabilities, constantName } from "../../capabilities/spelling.ts";
import { GRANTED_VERDICTS, type Profile } from "../../trace/model.ts";
import { escapeWord } from "../text/escape.ts";

/**
 * Renders the set alone that recommendations grant, for scripts; the proven one where all runs have a
 * proof: one CAP_NAME a line, in number order.
 */
export function renderTraceCaps({ findings, proven }: Profile): string {
  const granted = findings
    .filter(({ verdict }) => GRANTED_VERDICTS.includes(verdict))
    .map(({ capability }) => capability);
  return (proven ?? granted)
    .toSorted(compareCapabilities)
    .map((capability) => `${escapeWord(constantName(capability))}\n`)
    .join("");
}
