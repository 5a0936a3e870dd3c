// SPDX-License-Identifier: Apache-2.0
import type { MonitorGrouping } from "../model.ts";

/** What is counted together. Null for what does not tell it apart, or is not known. */
export interface TotalGroup {
  readonly pid: number | null;
  /** Nanoseconds of the boot clock at which the process was made. */
  readonly taskStartNs: number | null;
  readonly comm: string | null;
  readonly unit: string | null;
}

/** Of one capability in one group. Times are nanoseconds of the boot clock. */
export interface Total {
  granted: number;
  denied: number;
  firstNs: number;
  lastNs: number;
}

/** A part of what was counted. */
export interface CountedChecks {
  readonly capability: number;
  readonly granted: boolean;
  readonly count: number;
  readonly firstNs: number;
  readonly lastNs: number;
}

/** A group's total of one capability; `rest` where groups were too many to be kept apart. */
export interface TotalRow {
  readonly group: TotalGroup;
  readonly rest: boolean;
  readonly capability: number;
  readonly total: Total;
}

interface GroupTotals {
  readonly group: TotalGroup;
  readonly byCapability: Map<number, Total>;
}

/** Groups are kept apart up to this number. */
export const GROUP_LIMIT = 8192;

/**
 * Sums up for as long as it takes in memory that does not grow: of too many groups, those that
 * have been quiet longest become one; of processes, one for each comm.
 */
export class MonitorTotals {
  readonly #by: MonitorGrouping;
  readonly #limit: number;
  /** The quietest first. */
  readonly #groups = new Map<string, GroupTotals>();
  /** Of groups that are kept apart no longer. */
  readonly #folded = new Map<string, GroupTotals>();

  constructor(by: MonitorGrouping, limit: number = GROUP_LIMIT) {
    this.#by = by;
    this.#limit = limit;
  }

  add(group: TotalGroup, checks: CountedChecks): void {
    const wanted = this.#groupOf(group);
    const key = JSON.stringify(Object.values(wanted));
    const totals = this.#groups.get(key) ?? { group: wanted, byCapability: new Map() };
    this.#groups.delete(key);
    this.#groups.set(key, totals);
    const { capability, granted, count, firstNs, lastNs } = checks;
    const part = { granted: granted ? count : 0, denied: granted ? 0 : count, firstNs, lastNs };
    addTo(totals.byCapability, capability, part);
    if (this.#groups.size > this.#limit) this.#foldQuietest();
  }

  /** In no order. */
  rows(): readonly TotalRow[] {
    return [...rowsOf(this.#groups, false), ...rowsOf(this.#folded, true)];
  }

  #groupOf({ pid, taskStartNs, comm, unit }: TotalGroup): TotalGroup {
    switch (this.#by) {
      case "pid":
        return { pid, taskStartNs, comm, unit };
      case "comm":
        return { pid: null, taskStartNs: null, comm, unit: null };
      case "unit":
        return { pid: null, taskStartNs: null, comm: null, unit };
    }
  }

  #foldQuietest(): void {
    const [key, quietest] = this.#groups.entries().next().value ?? [];
    if (key === undefined || quietest === undefined) return;
    this.#groups.delete(key);
    const comm = this.#by === "pid" && this.#folded.size < this.#limit ? quietest.group.comm : null;
    const group = { pid: null, taskStartNs: null, comm, unit: null };
    const foldKey = JSON.stringify(comm);
    const into = this.#folded.get(foldKey) ?? { group, byCapability: new Map() };
    this.#folded.set(foldKey, into);
    for (const [capability, total] of quietest.byCapability) {
      addTo(into.byCapability, capability, total);
    }
  }
}

function rowsOf(groups: ReadonlyMap<string, GroupTotals>, rest: boolean): readonly TotalRow[] {
  return [...groups.values()].flatMap(({ group, byCapability }) =>
    [...byCapability].map(([capability, total]) => ({ group, rest, capability, total })),
  );
}

function addTo(totals: Map<number, Total>, capability: number, part: Total): void {
  const known = totals.get(capability);
  if (known === undefined) {
    totals.set(capability, { ...part });
    return;
  }
  known.granted += part.granted;
  known.denied += part.denied;
  known.firstNs = Math.min(known.firstNs, part.firstNs);
  known.lastNs = Math.max(known.lastNs, part.lastNs);
}
