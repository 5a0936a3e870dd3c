// SPDX-License-Identifier: Apache-2.0
import { compareCapabilities, constantName } from "../../capabilities/spelling.ts";
import { NEEDED_VERDICTS, type Profile } from "../../trace/model.ts";
import { escapeWord } from "../text/escape.ts";

/** Renders the needed set alone for scripts: one CAP_NAME a line, in number order. */
export function renderTraceCaps({ findings }: Profile): string {
  return findings
    .filter(({ verdict }) => NEEDED_VERDICTS.includes(verdict))
    .map(({ capability }) => capability)
    .toSorted(compareCapabilities)
    .map((capability) => `${escapeWord(constantName(capability))}\n`)
    .join("");
}
