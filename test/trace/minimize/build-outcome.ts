// SPDX-License-Identifier: Apache-2.0
import type { ProofCriterion, RefusedCall } from "../../../src/trace/model.ts";
import type { TrialEnd } from "../../../src/trace/minimize/attend.ts";
import type { Outcome } from "../../../src/trace/minimize/outcome.ts";

export const ENDS_WELL: ProofCriterion = { status: 0, ready: null, check: null, strict: false };

/** A run that worked, or ended with a status, with the facts given. */
export function outcome(facts: Partial<Outcome> & { readonly status?: number } = {}): Outcome {
  const { status = 0, ...others } = facts;
  const end: TrialEnd = { kind: "ended", status, check: null };
  return { end, used: [], refused: [], durationNs: 1_000_000, ...others };
}

/** A call that failed because of a capability. */
export function refusal(capability: string, facts: Partial<RefusedCall> = {}): RefusedCall {
  return {
    capability,
    program: "/usr/sbin/daemon",
    syscall: "bind",
    end: "failed",
    errno: "EACCES",
    gate: "__inet_bind",
    userStack: [],
    ...facts,
  };
}
