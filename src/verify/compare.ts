// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, capabilityNames, EMPTY_SET } from "../capabilities/set.ts";
import type { Limits } from "./limits.ts";
import {
  type Difference,
  type Holder,
  SET_NAMES,
  type SetComparison,
  type SetName,
} from "./model.ts";

/** The five sets as masks. */
export type Sets = Readonly<Record<SetName, CapabilitySet>>;

/** What one process, or threads of one, were seen with. */
export interface SeenHolder {
  readonly name: string;
  readonly pid: number | null;
  readonly tids: readonly number[];
  readonly main: boolean;
  readonly uid: number | null;
  readonly compared: boolean;
  /** Where a manifest declares it; null for what runs. */
  readonly line: number | null;
  readonly sets: Sets;
  readonly securebits: readonly string[] | null;
  readonly noNewPrivileges: boolean | null;
}

/** Puts what was seen beside what is expected of it at most. */
export function compareHolder(seen: SeenHolder, limits: Limits): Holder {
  const expected = limits.sets;
  return {
    name: seen.name,
    pid: seen.pid,
    tids: seen.tids,
    main: seen.main,
    uid: seen.uid,
    compared: seen.compared,
    line: seen.line,
    sets: SET_NAMES.map((set) => compareSet(set, expected[set], seen.sets[set])),
    securebits: seen.securebits,
    noNewPrivileges: seen.noNewPrivileges,
  };
}

/** What the comparison found that is not as expected; `index` is the holder's in the report. */
export function differencesOf(
  holder: Holder,
  index: number,
  { expectation }: Limits,
): readonly Difference[] {
  if (!holder.compared) return [];
  const who = describeHolder(holder);
  const about = { holder: index, sets: [], capabilities: [] } as const;
  const differences = [
    ...setDifferences(holder, index, expectation.exact),
    ...lackingDifferences(holder, index),
  ];
  if (expectation.noNewPrivileges === true && holder.noNewPrivileges === false) {
    const message = `${who}: no_new_privs is not set: an exec can give it more`;
    differences.push({ kind: "no-new-privileges", ...about, message });
  }
  const unset = (expectation.securebits ?? []).filter(
    (bit) => holder.securebits !== null && !holder.securebits.includes(bit),
  );
  if (unset.length > 0) {
    const message = `${who}: secure bits that are not set: ${unset.join(", ")}`;
    differences.push({ kind: "securebits", ...about, message });
  }
  if (expectation.uid !== null && holder.uid !== null && holder.uid !== expectation.uid) {
    const message = `${who}: runs with uid ${holder.uid}, not ${expectation.uid}`;
    differences.push({ kind: "user", ...about, message });
  }
  return differences;
}

/** "pid 220 (nginx)", "threads 231, 232 of pid 220 (nginx)", "web". */
export function describeHolder({ name, pid, tids }: Pick<Holder, "name" | "pid" | "tids">): string {
  if (pid === null) return name;
  const process = `pid ${pid} (${name})`;
  if (tids.length === 0) return process;
  return `${tids.length === 1 ? "thread" : "threads"} ${tids.join(", ")} of ${process}`;
}

function compareSet(set: SetName, expected: CapabilitySet, actual: CapabilitySet): SetComparison {
  const extra = actual & ~expected;
  const missing = expected & ~actual;
  const narrower = missing === EMPTY_SET ? "same" : "narrower";
  return {
    set,
    expected: capabilityNames(expected),
    actual: capabilityNames(actual),
    verdict: extra === EMPTY_SET ? narrower : "wider",
    extra: capabilityNames(extra),
    missing: capabilityNames(missing),
  };
}

function setDifferences(holder: Holder, index: number, exact: boolean): Difference[] {
  const who = describeHolder(holder);
  const wider = alike(holder.sets, ({ extra }) => extra);
  const narrower = alike(holder.sets, ({ set, missing }) =>
    exact && isCounted(set, holder) ? missing : [],
  );
  return [
    ...wider.map((group) => {
      const message = `${who}: ${setsText(group.sets)}: more than expected: ${namesText(group.capabilities)}`;
      return { kind: "wider-set", holder: index, ...group, message } as const;
    }),
    ...narrower.map((group) => {
      const message = `${who}: ${setsText(group.sets)}: lacking ${namesText(group.capabilities)}`;
      return { kind: "narrower-set", holder: index, ...group, message } as const;
    }),
  ];
}

/**
 * Of what is only declared, or would be executed: nobody can have given anything up yet, so what is
 * missing was never granted, and the program will be refused it. In a container the image's files may
 * give what the bounding set has.
 */
function lackingDifferences(holder: Holder, index: number): readonly Difference[] {
  const set = lackingSet(holder);
  const missing = holder.sets.find((each) => each.set === set)?.missing ?? [];
  if (set === null || missing.length === 0) return [];
  const message = `${describeHolder(holder)}: will be refused ${namesText(missing)}`;
  return [{ kind: "lacking", holder: index, sets: [set], capabilities: missing, message }];
}

/** The set in which what is missing is lacking; null for what runs. */
function lackingSet({ pid, line }: Pick<Holder, "pid" | "line">): SetName | null {
  if (pid !== null) return null;
  return line === null ? "permitted" : "bounding";
}

interface AlikeSets {
  readonly sets: readonly SetName[];
  readonly capabilities: readonly string[];
}

/** Sets with the same capabilities to tell of; those with none are left out. */
function alike(
  comparisons: readonly SetComparison[],
  namesOf: (comparison: SetComparison) => readonly string[],
): readonly AlikeSets[] {
  const groups = new Map<string, AlikeSets>();
  for (const comparison of comparisons) {
    const capabilities = namesOf(comparison);
    if (capabilities.length === 0) continue;
    const key = capabilities.join();
    const sets = [...(groups.get(key)?.sets ?? []), comparison.set];
    groups.set(key, { sets, capabilities });
  }
  return [...groups.values()];
}

/** "permitted, effective and bounding set". */
function setsText(sets: readonly SetName[]): string {
  const last = sets.at(-1) ?? "";
  return `${sets.length < 2 ? last : `${sets.slice(0, -1).join(", ")} and ${last}`} set`;
}

/** More names than these are counted, with the weightiest named. */
const LISTED_NAMES = 12;

function namesText(names: readonly string[]): string {
  if (names.length <= LISTED_NAMES) return names.join(", ");
  return `${names.length} capabilities${names.includes("sys_admin") ? ", sys_admin among them" : ""}`;
}

/**
 * What must not be smaller either, where exactness is asked for: the bounding set of all, and the
 * permitted set of the main process. Helpers and workers give theirs up, as they should.
 */
function isCounted(set: SetName, { main }: Holder): boolean {
  return set === "bounding" || (set === "permitted" && main);
}
