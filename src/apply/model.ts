// SPDX-License-Identifier: Apache-2.0
import type { VerifyReport } from "../verify/model.ts";

/**
 * What became of a configuration that was put in place, as plain readonly data; the published schema is
 * schemas/apply.schema.json.
 */

export const APPLY_SCHEMA_VERSION = 1;

/**
 * - `planned`: nothing was done, as asked
 * - `applied`: it is in place, the service works, and its processes have what is intended
 * - `rolled-back`: it did not hold, and everything is as before
 * - `rollback-failed`: it did not hold, and something is not as before
 */
export type ApplyOutcome = (typeof APPLY_OUTCOMES)[number];
export const APPLY_OUTCOMES = ["planned", "applied", "rolled-back", "rollback-failed"] as const;

/** In the order in which they are done; those with "roll back" follow a failure alone. */
export type StepName = (typeof STEP_NAMES)[number];
export const STEP_NAMES = [
  "check before",
  "write the drop-in",
  "reload the manager",
  "restart",
  "stay up",
  "check",
  "verify",
  "roll back: the drop-in",
  "roll back: reload the manager",
  "roll back: restart",
  "roll back: stay up",
  "roll back: check",
] as const;

export interface Step {
  readonly name: StepName;
  /** Null for one that was planned only. */
  readonly done: boolean | null;
  /** Why it failed, or what was done; null where the name says it. */
  readonly detail: string | null;
}

export interface ApplyReport {
  readonly schemaVersion: typeof APPLY_SCHEMA_VERSION;
  readonly kind: "apply";
  readonly tool: { readonly name: "capscope"; readonly version: string };
  readonly host: { readonly name: string; readonly kernel: string };
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly unit: string;
  readonly dropIn: {
    readonly path: string;
    readonly text: string;
    /** A drop-in of that name was there before. */
    readonly replaces: boolean;
  };
  readonly outcome: ApplyOutcome;
  readonly steps: readonly Step[];
  /** Why it did not hold; null where it did. */
  readonly failure: string | null;
  /** What the processes had under the drop-in; null where it did not come so far. */
  readonly verification: VerifyReport | null;
}
