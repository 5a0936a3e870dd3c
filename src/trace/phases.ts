// SPDX-License-Identifier: Apache-2.0
import { includesAll } from "../capabilities/set.ts";
import type { CredentialsRecord } from "../linux/bpf/observation.ts";
import type { Phase } from "./model.ts";

/**
 * The phase of each credentials row, by id. A process has dropped when it lost permitted
 * capabilities, or gave root's user id up, since the start of its program; a program that starts
 * without privileges has nothing to drop.
 */
export function phasesOf(rows: readonly CredentialsRecord[]): ReadonlyMap<number, Phase> {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const phases = new Map<number, Phase>();
  for (const row of rows) phases.set(row.id, hasDropped(row, byId) ? "after-drop" : "start-up");
  return phases;
}

/** Compares with every row that the process had before, back to the start of the image. */
function hasDropped(row: CredentialsRecord, byId: ReadonlyMap<number, CredentialsRecord>): boolean {
  const seen = new Set([row.id]);
  for (let id = row.previous; id !== null && !seen.has(id);) {
    const before = byId.get(id);
    if (before === undefined || before.image !== row.image) return false;
    if (isLess(row, before)) return true;
    seen.add(id);
    id = before.previous;
  }
  return false;
}

function isLess(row: CredentialsRecord, before: CredentialsRecord): boolean {
  const lost = !includesAll(row.permitted, before.permitted);
  return lost || (before.uid === 0 && row.uid !== 0);
}
