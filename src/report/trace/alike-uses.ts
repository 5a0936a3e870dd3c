// SPDX-License-Identifier: Apache-2.0
import type { SyscallOutcome, Use } from "../../trace/model.ts";

/** Uses that differ in their programs alone. */
export interface AlikeUses extends Omit<Use, "program"> {
  readonly programs: readonly string[];
}

/** Puts uses together that differ in their programs alone; the order stays. */
export function joinAlikeUses(uses: readonly Use[]): readonly AlikeUses[] {
  const groups = new Map<string, Use[]>();
  for (const use of uses) {
    const { syscall, gate, verdict, reason, phase, userStack } = use;
    const callers = userStack.map(({ name }) => name);
    const key = JSON.stringify([syscall, gate, verdict, reason, phase, callers]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [use]);
    else group.push(use);
  }
  return [...groups.values()].flatMap(join);
}

function join(uses: readonly Use[]): readonly AlikeUses[] {
  const [first] = uses;
  if (first === undefined) return [];
  return [
    {
      ...first,
      programs: [...new Set(uses.map(({ program }) => program))],
      granted: uses.reduce((total, { granted }) => total + granted, 0),
      denied: uses.reduce((total, { denied }) => total + denied, 0),
      outcomes: addUp(uses.flatMap(({ outcomes }) => outcomes)),
    },
  ];
}

function addUp(outcomes: readonly SyscallOutcome[]): readonly SyscallOutcome[] {
  const sums = new Map<string, SyscallOutcome>();
  for (const outcome of outcomes) {
    const key = JSON.stringify([outcome.syscall, outcome.errno]);
    const known = sums.get(key);
    sums.set(key, { ...outcome, count: outcome.count + (known?.count ?? 0) });
  }
  return [...sums.values()];
}
