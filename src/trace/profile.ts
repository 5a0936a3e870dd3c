// SPDX-License-Identifier: Apache-2.0
import { compareCapabilities } from "../capabilities/spelling.ts";
import { VERSION } from "../version.ts";
import { conclusionOf, coverageOf, findingsOf } from "./findings.ts";
import { type Profile, PROFILE_SCHEMA_VERSION, type Run } from "./model.ts";

/** Makes a profile of runs; the same runs in any order give the same profile. */
export function profileOf(runs: readonly [Run, ...Run[]]): Profile {
  const [first, ...others] = runs.toSorted(compareRuns) as [Run, ...Run[]];
  const ordered = [first, ...others];
  const findings = findingsOf(ordered);
  return {
    schemaVersion: PROFILE_SCHEMA_VERSION,
    kind: "profile",
    tool: { name: "capscope", version: VERSION },
    subject: first.subject,
    runs: ordered,
    findings,
    conclusion: conclusionOf(ordered, findings),
    proven: provenBy(ordered),
    coverage: coverageOf(ordered),
  };
}

/** The union of each run's recommended set. */
function provenBy(runs: readonly Run[]): readonly string[] | null {
  const sets = runs.map(({ proof }) => proof?.minimalSets[0] ?? null);
  if (sets.includes(null)) return null;
  return [...new Set(sets.flatMap((set) => set ?? []))].toSorted(compareCapabilities);
}

function compareRuns(one: Run, other: Run): number {
  const keys = [one, other].map(({ time, id }) => `${time} ${id}`) as [string, string];
  if (keys[0] === keys[1]) return 0;
  return keys[0] < keys[1] ? -1 : 1;
}
