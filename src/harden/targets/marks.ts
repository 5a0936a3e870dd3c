// SPDX-License-Identifier: Apache-2.0
import type { Basis } from "../model.ts";
import type { Workload } from "../workload.ts";

/** The word behind a capability in a list: "proven", "by evidence", "untested". */
export function basisOfName({ capabilities }: Workload, name: string): string {
  const found = capabilities.find(({ capability }) => capability === name);
  return WORDS[found?.basis ?? "untested"];
}

const WORDS: Readonly<Record<Basis, string>> = {
  proven: "proven",
  evidence: "by evidence, not proven",
  untested: "untested",
};
