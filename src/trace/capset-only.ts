// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../capabilities/names.ts";
import { type CapabilityFinding, type CredentialsRow, type Run, VERDICTS } from "./model.ts";

const SETS = ["effective", "permitted", "inheritable"] as const;
/** Where a capability may have been put; "file" is the work of who installed the program. */
const PLACES = [...SETS, "file"] as const;

/** Those that a change of the file-system user id moves; Linux 6.18, include/linux/capability.h. */
const FILE_SYSTEM_SET = [
  "chown",
  "dac_override",
  "dac_read_search",
  "fowner",
  "fsetid",
  "linux_immutable",
  "mac_override",
  "mknod",
] as const;

interface Installation {
  readonly sets: Set<string>;
  readonly runs: Set<string>;
}

/**
 * Adds what programs put into their sets, or kept there while they gave others up, to the findings:
 * the kernel refuses such a set when one of its members is missing. So it does an exec when the
 * program's file insists on a capability that the bounding set lacks.
 *
 * Only a choice counts. A change that leaves the sets as they were is none; nor is one of everything:
 * what is kept counts when it is less than what is given up at the same time, and what is raised when
 * the set then holds less than half of all capabilities. A program that takes one out of forty away
 * has not chosen the other thirty-nine. Failed calls change nothing, and so are not seen here.
 */
export function capsetOnly(
  runs: readonly Run[],
  asked: readonly CapabilityFinding[],
): readonly CapabilityFinding[] {
  const installed = installationsOf(runs);
  const known = new Set(asked.map(({ capability }) => capability));
  const added = [...installed]
    .filter(([capability]) => !known.has(capability))
    .map(([capability, entry]) => describeInstallation(capability, entry));
  return [...asked.map((finding) => extend(finding, installed.get(finding.capability))), ...added];
}

function installationsOf(runs: readonly Run[]): ReadonlyMap<string, Installation> {
  const installed = new Map<string, Installation>();
  for (const run of runs) {
    const rows = new Map(run.credentials.map((row) => [row.id, row]));
    const choices = [
      ...run.credentials.flatMap((row) => choicesOf(row, rows)),
      ...run.images.flatMap(({ fileCapabilities }) => fileCapabilities.map(ofFile)),
    ];
    for (const [capability, set] of choices) {
      const entry = installed.get(capability) ?? { sets: new Set(), runs: new Set() };
      entry.sets.add(set);
      entry.runs.add(run.id);
      installed.set(capability, entry);
    }
  }
  return installed;
}

function extend(finding: CapabilityFinding, entry: Installation | undefined): CapabilityFinding {
  if (entry === undefined) return finding;
  const installedIn = PLACES.filter((place) => entry.sets.has(place));
  const runs = [...new Set([...finding.runs, ...entry.runs])].toSorted();
  const isWeightier = VERDICTS.indexOf(finding.verdict) < VERDICTS.indexOf("capset-only");
  if (isWeightier) return { ...finding, installedIn, runs };
  return {
    ...finding,
    verdict: "capset-only",
    confidence: "medium",
    phases: [],
    conditions: [],
    alternatives: [],
    installedIn,
    runs,
  };
}

/** That it was put there is certain; whether the program copes when it cannot be was not seen. */
function describeInstallation(capability: string, { sets, runs }: Installation): CapabilityFinding {
  return {
    capability,
    verdict: "capset-only",
    confidence: "medium",
    granted: 0,
    denied: 0,
    phases: [],
    uses: [],
    conditions: [],
    alternatives: [],
    denial: null,
    installedIn: PLACES.filter((place) => sets.has(place)),
    runs: [...runs].toSorted(),
  };
}

function ofFile(capability: string): readonly [string, string] {
  return [capability, "file"];
}

/** What a process chose with the change that led to this row, as pairs of capability and set. */
function choicesOf(
  row: CredentialsRow,
  rows: ReadonlyMap<number, CredentialsRow>,
): readonly (readonly [string, string])[] {
  const before = row.previous === null ? undefined : rows.get(row.previous);
  // What an exec changes is the kernel's doing.
  if (before === undefined || before.image !== row.image) return [];
  return SETS.flatMap((set) =>
    [...raisedIn(set, row, before), ...keptIn(set, row, before)].map(
      (capability) => [capability, set] as const,
    ),
  );
}

type SetName = (typeof SETS)[number];

function raisedIn(set: SetName, row: CredentialsRow, before: CredentialsRow): readonly string[] {
  const raised = row[set].filter((capability) => !before[set].includes(capability));
  const isEverything = row[set].length * 2 >= CAPABILITY_NAMES.length;
  return isEverything || isKernelsDoing(set, raised, row, before) ? [] : raised;
}

function keptIn(set: SetName, row: CredentialsRow, before: CredentialsRow): readonly string[] {
  if (set !== "permitted") return [];
  const kept = row.permitted.filter((capability) => before.permitted.includes(capability));
  return kept.length < before.permitted.length - kept.length ? kept : [];
}

/** A change of user id fills the effective set by itself; security/commoncap.c. */
function isKernelsDoing(
  set: SetName,
  raised: readonly string[],
  row: CredentialsRow,
  before: CredentialsRow,
): boolean {
  if (set !== "effective") return false;
  if (row.uid !== before.uid || row.effectiveUid !== before.effectiveUid) return true;
  return (
    raised.length === FILE_SYSTEM_SET.length &&
    FILE_SYSTEM_SET.every((capability) => raised.includes(capability))
  );
}
