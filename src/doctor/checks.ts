// SPDX-License-Identifier: Apache-2.0
import { checkExposure } from "./exposure-checks.ts";
import type { Facts } from "./facts.ts";
import { checkKernel } from "./kernel-checks.ts";
import type { Check, DoctorReport, State } from "./model.ts";
import { checkPrivileges } from "./privilege-checks.ts";
import { checkSystem } from "./system-checks.ts";
import { checkTrace } from "./trace-checks.ts";

/** Judges what was found, in the order of a report. Pure. */
export function checksOf(facts: Facts): readonly Check[] {
  return [
    ...checkKernel(facts),
    ...checkTrace(facts),
    ...checkExposure(facts),
    ...checkSystem(facts),
    ...checkPrivileges(facts),
  ];
}

/** Whether the commands can work at all, and whether they see everything. Pure. */
export function abilitiesOf(facts: Facts, checks: readonly Check[]): DoctorReport["abilities"] {
  const hasWayIn = facts.waysIn.some(({ refusal }) => refusal === null);
  const sources = Object.values(facts.exposure.sources);
  const listed = sources.some((source) => source === "sock_diag" || source === "procfs");
  const traceLimits = checks.filter(({ area, effect }) => area === "trace" && effect !== null);
  return {
    trace: judge(hasWayIn && facts.trial?.counted !== false, traceLimits.length === 0),
    exposure: judge(listed, facts.exposure.complete),
  };
}

function judge(isPossible: boolean, isWhole: boolean): State {
  if (!isPossible) return "missing";
  return isWhole ? "ok" : "limited";
}
