// SPDX-License-Identifier: Apache-2.0
import type { Profile } from "../trace/model.ts";
import { grantNotes } from "./advice-notes.ts";
import { refusalOf } from "./advise.ts";
import { GENERATORS } from "./generators.ts";
import type {
  Configuration,
  ConfigurationCoverage,
  ConfigurationSource,
  HardenTarget,
} from "./model.ts";
import { warningsOf } from "./warnings.ts";
import { type Workload, type WorkloadFacts, workloadOf } from "./workload.ts";

/** A configuration, or why a profile says too little for one. */
export type Configured =
  | { readonly kind: "configuration"; readonly configuration: Configuration }
  | { readonly kind: "refused"; readonly reason: string };

/** Writes what a profile shows to be needed for one target. */
export function configureProfile(
  target: HardenTarget,
  profile: Profile,
  facts: WorkloadFacts,
): Configured {
  const workload = workloadOf(profile, facts);
  const reason = refusalOf(profile, workload.grant);
  if (reason !== null) return { kind: "refused", reason };
  const [first] = profile.runs;
  const source: ConfigurationSource = {
    kind: "profile",
    time: first?.time ?? "",
    host: first?.host ?? { name: "", kernel: "" },
    runs: profile.runs.length,
  };
  const notes = grantNotes(profile, workload.grant);
  const coverage = { complete: profile.coverage.complete, gaps: warningsOf(profile) };
  return {
    kind: "configuration",
    configuration: write(target, workload, source, coverage, notes),
  };
}

/** Writes a set that nobody has tested for one target. */
export function configureWorkload(
  target: HardenTarget,
  workload: Workload,
  source: ConfigurationSource,
  gaps: readonly string[],
): Configuration {
  return write(target, workload, source, { complete: true, gaps }, []);
}

function write(
  target: HardenTarget,
  workload: Workload,
  source: ConfigurationSource,
  coverage: ConfigurationCoverage,
  notes: readonly string[],
): Configuration {
  const draft = GENERATORS[target](workload, "full");
  return {
    target,
    title: draft.title,
    place: draft.place,
    comment: draft.comment,
    source,
    capabilities: workload.capabilities,
    coverage,
    notes: [...notes, ...draft.notes],
    lines: draft.lines,
  };
}
