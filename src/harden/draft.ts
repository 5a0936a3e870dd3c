// SPDX-License-Identifier: Apache-2.0
import type { Workload } from "./workload.ts";

/** What a generator makes of a workload; the header is not in it. */
export interface Draft {
  readonly title: string;
  /** Where it belongs; null where only the user knows. */
  readonly place: string | null;
  /** What begins a comment in it. */
  readonly comment: "#" | "//";
  /** Empty where nothing can be written; notes say why. */
  readonly lines: readonly string[];
  readonly notes: readonly string[];
}

/** `brief`: the grant alone, for a report with many of them; `full`: a whole file. */
export type Detail = "brief" | "full";

export type Generator = (workload: Workload, detail: Detail) => Draft;
