// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../errors.ts";
import type { Profile, Run, Subject } from "./model.ts";
import { profileOf } from "./profile.ts";

/** A profile and what to call it in messages: its file. */
export interface NamedProfile {
  readonly name: string;
  readonly profile: Profile;
}

/** What was followed, apart from the circumstances of one run. */
export interface SubjectIdentity {
  readonly kind: "program" | "unit" | "container" | "control group";
  readonly name: string;
}

interface NamedSubject {
  readonly name: string;
  readonly subject: Subject;
}

/**
 * Runs of the same identity may be merged. A program is the same whether it was started or found
 * running, a unit whether the manager or its file was followed. A container's id is new at each
 * start, and nothing else tells of what image it is.
 */
export function identityOf(subject: Subject): SubjectIdentity {
  switch (subject.kind) {
    case "command":
    case "process":
      return { kind: "program", name: subject.program };
    case "unit":
    case "service":
      return { kind: "unit", name: subject.unit };
    case "container":
      return { kind: "container", name: subject.id };
    case "cgroup":
      return { kind: "control group", name: subject.path };
  }
}

/**
 * The profile of all runs of all profiles, each run once: the order of the profiles makes no
 * difference. Throws a UsageError for profiles of different subjects, and for a run that is not
 * the same in two of them.
 */
export function mergeProfiles(profiles: readonly [NamedProfile, ...NamedProfile[]]): Profile {
  const [first, ...others] = profiles;
  const seen = new Map<string, { readonly name: string; readonly run: Run }>();
  for (const { name, profile } of profiles) {
    assertOneSubject(
      { name: first.name, subject: first.profile.subject },
      { name, subject: profile.subject },
    );
    for (const run of profile.runs) {
      const known = seen.get(run.id);
      if (known === undefined) seen.set(run.id, { name, run });
      else assertSameRun(known, { name, run });
    }
  }
  const [run, ...more] = [...seen.values()].map(({ run: each }) => each);
  if (run === undefined) throw new UsageError(`${namesOf([first, ...others])}: no runs to merge`);
  return profileOf([run, ...more]);
}

/** Throws a UsageError when two runs do not belong into one profile. */
export function assertOneSubject(one: NamedSubject, other: NamedSubject): void {
  const [known, found] = [identityOf(one.subject), identityOf(other.subject)];
  if (known.kind === found.kind && known.name === found.name) return;
  const texts = [known, found].map(({ kind, name }) => `${kind} ${name}`);
  throw new UsageError(
    one.name === other.name
      ? `${one.name}: its runs do not belong together: one is of ${texts[0]}, one of ${texts[1]}`
      : `${one.name} and ${other.name} do not belong together: one is of ${texts[0]}, the other of ${texts[1]}`,
    "merge profiles of one program, unit, container or control group; capscope profile diff compares others",
  );
}

function assertSameRun(
  one: { readonly name: string; readonly run: Run },
  other: { readonly name: string; readonly run: Run },
): void {
  // Runs that were read from files have their keys in one order.
  if (JSON.stringify(one.run) === JSON.stringify(other.run)) return;
  if (canonical(one.run) === canonical(other.run)) return;
  throw new UsageError(
    `run ${one.run.id} is not the same in ${one.name} and in ${other.name}`,
    "one of them was edited or damaged: leave it out, or trace again",
  );
}

/** Equal for equal values, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(
      Object.entries(item).toSorted(([one], [other]) => (one < other ? -1 : 1)),
    );
  });
}

function namesOf(profiles: readonly NamedProfile[]): string {
  return profiles.map(({ name }) => name).join(", ");
}
