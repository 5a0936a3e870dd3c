// SPDX-License-Identifier: Apache-2.0
import type { Profile } from "../trace/model.ts";
import { isStartUnseen } from "./warnings.ts";

/** What a trace says besides the set that is needed. */
export interface Evidence {
  /** Checks and programs were not lost, and the start was seen: what is not here did not happen. */
  readonly isWhole: boolean;
  /**
   * System calls in which a capability was asked for, whatever came of it; null outside of one. What
   * the kernel asks with a fallback, as when it accounts for memory, is left out.
   */
  readonly calls: ReadonlyMap<string, ReadonlySet<string | null>>;
  /** Something was asked for in another user namespace than the initial one. */
  readonly usesUserNamespaces: boolean;
  /** The user that every program ran as from the beginning to the end; null for root, or several. */
  readonly onlyUid: number | null;
  /** No program was ever root. */
  readonly isNeverRoot: boolean;
  /** A program ran with the secure bit noroot: root's id gave it no capability. */
  readonly hasNoRoot: boolean;
  /** Whoever reads the kernel's log is asked for CAP_SYSLOG. */
  readonly isLogRestricted: boolean;
}

/** Collects what the runs of a profile say. */
export function evidenceOf({ runs, coverage }: Profile): Evidence {
  const observations = runs.flatMap((run) => run.observations);
  const calls = new Map<string, Set<string | null>>();
  for (const { capability, syscall, verdict } of observations) {
    if (verdict === "opportunistic") continue;
    calls.set(capability, (calls.get(capability) ?? new Set()).add(syscall));
  }
  const rows = runs.flatMap(({ credentials }) => credentials);
  const uids = new Set(rows.flatMap(({ uid, effectiveUid }) => [uid, effectiveUid]));
  const [uid = 0, ...others] = uids;
  const settings = runs.map(({ context }) => context.sysctls["kernel.dmesg_restrict"]);
  return {
    isWhole: coverage.lost.checks + coverage.lost.images === 0 && !isStartUnseen(runs),
    calls,
    usesUserNamespaces: observations.some(({ userNamespace }) => userNamespace !== "initial"),
    onlyUid: others.length === 0 && uid !== 0 ? uid : null,
    isNeverRoot: uids.size > 0 && !uids.has(0),
    hasNoRoot: rows.some(({ securebits }) => securebits.includes("noroot")),
    isLogRestricted: settings.length > 0 && settings.every((setting) => setting === "1"),
  };
}
