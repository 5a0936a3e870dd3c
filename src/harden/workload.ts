// SPDX-License-Identifier: Apache-2.0
import type { Profile, Subject } from "../trace/model.ts";
import { basesOf } from "./bases.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";
import { type Grant, grantOf, grantOfNames } from "./grant.ts";
import type { GrantedCapability } from "./model.ts";
import { neededBy } from "./program-set.ts";
import { type UserProgram, userProgramsOf } from "./user-programs.ts";

/** What a configuration is written for, as far as it is known: the input of every target. */
export interface Workload extends WorkloadFacts {
  readonly grant: Grant;
  readonly capabilities: readonly GrantedCapability[];
  /** What was followed; null where nothing was. */
  readonly subject: Subject | null;
  /** The service that is confined, as somebody named it; null where none is. */
  readonly unit: string | null;
  /** Made of its name, for names of other things: lower case letters, digits and dashes. */
  readonly label: string;
  /** Programs, and what each needs in its permitted set. */
  readonly programs: readonly UserProgram[];
  /** Paths of programs that needed a capability. */
  readonly neededBy: readonly string[];
  /** Null without a trace. */
  readonly evidence: Evidence | null;
}

/** What the user says of it; everything was checked by `parse*` of facts.ts. */
export interface WorkloadFacts {
  /** "nginx", "nginx.service". */
  readonly name: string | null;
  readonly user: Account | null;
  readonly image: string | null;
  /** Who may execute a file with capabilities. */
  readonly group: string | null;
  /** Absolute path of the program. */
  readonly program: string | null;
}

/** A user and a group, by name or number. */
export interface Account {
  readonly user: string;
  readonly group: string | null;
}

export const NO_FACTS: WorkloadFacts = {
  name: null,
  user: null,
  image: null,
  group: null,
  program: null,
};

/** The workload that a profile is about. */
export function workloadOf(profile: Profile, facts: WorkloadFacts = NO_FACTS): Workload {
  const grant = grantOf(profile);
  const unit = unitOf(facts.name) ?? subjectUnit(profile.subject);
  return {
    ...facts,
    grant,
    capabilities: basesOf(profile, grant),
    subject: profile.subject,
    unit,
    label: labelOf(facts.name ?? nameOf(profile.subject)),
    programs: programsOf(facts, grant) ?? userProgramsOf(profile),
    neededBy: facts.program === null ? neededBy(profile) : [facts.program],
    evidence: evidenceOf(profile),
  };
}

/** One of which only the set is known, in number order: nobody has seen what it is needed for. */
export function workloadOfSet(
  capabilities: readonly GrantedCapability[],
  facts: WorkloadFacts,
  about: Pick<Grant, "ranAsRoot" | "gainAtExec"> = UNKNOWN,
): Workload {
  const names = capabilities.map(({ capability }) => capability);
  const grant = { ...grantOfNames(names), ...about };
  return {
    ...facts,
    grant,
    capabilities,
    subject: null,
    unit: unitOf(facts.name),
    label: labelOf(facts.name ?? facts.program ?? "workload"),
    programs: programsOf(facts, grant) ?? [],
    neededBy: facts.program === null ? [] : [facts.program],
    evidence: null,
  };
}

/** Root, unless somebody says another user. */
const UNKNOWN = { ranAsRoot: true, gainAtExec: "unknown" } as const;

/** True for root by name or number. */
export function isRoot({ user }: Account): boolean {
  return user === "root" || /^0+$/.test(user);
}

/** Who it will run as: root, another user from the start, or as the trace showed. */
export function runsAsRoot({ user, grant }: Workload): boolean {
  return user === null ? grant.ranAsRoot : isRoot(user);
}

function programsOf({ program }: WorkloadFacts, { all }: Grant): readonly UserProgram[] | null {
  if (program === null) return null;
  return all.length === 0 ? [] : [{ program, capabilities: all, interpreter: null }];
}

/** "nginx" is nginx.service. */
function unitOf(name: string | null): string | null {
  if (name === null) return null;
  return /\.[a-z]+$/.test(name) && UNIT_SUFFIX.test(name) ? name : `${name}.service`;
}

const UNIT_SUFFIX =
  /\.(?:service|scope|slice|socket|mount|automount|swap|target|device|timer|path)$/;

function subjectUnit(subject: Subject): string | null {
  return subject.kind === "unit" || subject.kind === "service" ? subject.unit : null;
}

function nameOf(subject: Subject): string {
  switch (subject.kind) {
    case "command":
    case "process":
      return subject.program;
    case "unit":
    case "service":
      return subject.unit;
    case "container":
      return subject.id.slice(0, 12);
    case "cgroup":
      return subject.path;
  }
}

/** What is left of a path or a unit's name, as RFC 1123 has labels. */
function labelOf(name: string): string {
  const stem = name.slice(name.lastIndexOf("/") + 1).replace(UNIT_SUFFIX, "");
  const label = stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
  return label === "" ? "workload" : label;
}
