// SPDX-License-Identifier: Apache-2.0
import { constantName } from "../capabilities/spelling.ts";
import type { Grant } from "./grant.ts";

export { containerName } from "../capabilities/spelling.ts";

/** "CAP_CHOWN, CAP_KILL and CAP_SETUID". */
export function listNames(capabilities: readonly string[]): string {
  const names = capabilities.map(constantName);
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** The sentence that each configuration carries as a comment. */
export function evidenceSentence({ runs, isProven }: Pick<Grant, "runs" | "isProven">): string {
  if (isProven) {
    return "Proven by re-runs without the others, for what these runs did: what was not exercised was not tested.";
  }
  if (runs === 0) return "Untested: the set was named, and nothing was seen of its use.";
  const source = runs === 1 ? "one trace" : `${runs} traces`;
  return `By the evidence of ${source}, not proven: what was not exercised was not seen.`;
}
