// SPDX-License-Identifier: Apache-2.0
import { compareCapabilities, constantName } from "../../capabilities/spelling.ts";
import { NEEDED_VERDICTS, type Profile } from "../../trace/model.ts";
import { escapeWord } from "../text/escape.ts";

/**
 * Renders the needed set alone for scripts, the proven one where all runs have a proof: one
 * CAP_NAME a line, in number order.
 */
export function renderTraceCaps({ findings, proven }: Profile): string {
  const used = findings
    .filter(({ verdict }) => NEEDED_VERDICTS.includes(verdict))
    .map(({ capability }) => capability);
  return (proven ?? used)
    .toSorted(compareCapabilities)
    .map((capability) => `${escapeWord(constantName(capability))}\n`)
    .join("");
}
