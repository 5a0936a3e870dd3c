// SPDX-License-Identifier: Apache-2.0
import { VERSION } from "../version.ts";
import { identityOf } from "./merge.ts";
import {
  type CapabilityChange,
  type CapabilityFinding,
  type ComparedProfile,
  type ContextChange,
  NEEDED_VERDICTS,
  type Profile,
  PROFILE_DIFF_SCHEMA_VERSION,
  type ProfileDiff,
  type Run,
  type Use,
} from "./model.ts";

/** What changed from one profile to another. Counts and times alone are no change. */
export function diffProfiles(old: Profile, current: Profile): ProfileDiff {
  const capabilities = changesOf(old.findings, current.findings);
  const context = contextChanges(old.runs, current.runs);
  const [before, after] = [identityOf(old.subject), identityOf(current.subject)];
  return {
    schemaVersion: PROFILE_DIFF_SCHEMA_VERSION,
    kind: "profile-diff",
    tool: { name: "capscope", version: VERSION },
    old: describe(old),
    new: describe(current),
    sameSubject: before.kind === after.kind && before.name === after.name,
    differs: capabilities.length > 0 || context.length > 0 || old.conclusion !== current.conclusion,
    capabilities,
    context,
  };
}

function describe({ subject, runs, conclusion, coverage }: Profile): ComparedProfile {
  return { subject, times: runs.map(({ time }) => time), conclusion, coverage };
}

function changesOf(
  old: readonly CapabilityFinding[],
  current: readonly CapabilityFinding[],
): readonly CapabilityChange[] {
  const names = distinct([...old, ...current].map(({ capability }) => capability));
  return names.flatMap((name) => {
    const find = (findings: readonly CapabilityFinding[]): CapabilityFinding | null =>
      findings.find(({ capability }) => capability === name) ?? null;
    const change = changeOf(name, find(old), find(current));
    return change === null ? [] : [change];
  });
}

function changeOf(
  capability: string,
  old: CapabilityFinding | null,
  current: CapabilityFinding | null,
): CapabilityChange | null {
  const added = (of: (use: Use) => string | null): readonly string[] => {
    const known = new Set(neededUses(old).map(of));
    return distinct(neededUses(current).map(of)).filter((value) => !known.has(value));
  };
  const details = {
    newPrograms: added(({ program }) => program),
    newSyscalls: added(({ syscall }) => syscall),
    newGates: added(({ gate }) => gate),
  };
  const change = kindOfChange(old, current, Object.values(details).flat().length > 0);
  if (change === null) return null;
  const oldVerdict = old?.verdict ?? null;
  return { capability, change, oldVerdict, newVerdict: current?.verdict ?? null, ...details };
}

function kindOfChange(
  old: CapabilityFinding | null,
  current: CapabilityFinding | null,
  hasNewUses: boolean,
): CapabilityChange["change"] | null {
  if (old === null) return "added";
  if (current === null) return "gone";
  if (old.verdict !== current.verdict) return "verdict";
  return hasNewUses ? "uses" : null;
}

/** The uses that make a capability needed. */
function neededUses(finding: CapabilityFinding | null): readonly Use[] {
  return finding?.uses.filter(({ verdict }) => NEEDED_VERDICTS.includes(verdict)) ?? [];
}

function contextChanges(old: readonly Run[], current: readonly Run[]): readonly ContextChange[] {
  const [before, after] = [settingsOf(old), settingsOf(current)];
  return distinct([...before.keys(), ...after.keys()]).flatMap((setting) => {
    const oldValues = before.get(setting) ?? [];
    const newValues = after.get(setting) ?? [];
    const isSame = JSON.stringify(oldValues) === JSON.stringify(newValues);
    return isSame ? [] : [{ setting, oldValues, newValues }];
  });
}

/** Each setting with the values that the runs saw, ordered. */
function settingsOf(runs: readonly Run[]): ReadonlyMap<string, readonly (string | null)[]> {
  const values = new Map<string, Set<string | null>>();
  const add = (setting: string, value: string | null): void => {
    const known = values.get(setting);
    if (known === undefined) values.set(setting, new Set([value]));
    else known.add(value);
  };
  for (const { host, context } of runs) {
    add("kernel", host.kernel);
    add("lockdown", context.lockdown);
    add("security modules", context.securityModules?.join(",") ?? null);
    for (const [name, value] of Object.entries(context.sysctls)) add(name, value);
  }
  return new Map(
    [...values].map(([setting, seen]) => [
      setting,
      [...(seen.has(null) ? [null] : []), ...distinct([...seen])],
    ]),
  );
}

/** The strings among the values, once each, ordered. */
function distinct(values: readonly (string | null)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== null))].toSorted();
}
