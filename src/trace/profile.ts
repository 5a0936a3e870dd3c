// SPDX-License-Identifier: Apache-2.0
import { capabilityName } from "../capabilities/names.ts";
import type { CheckRecord, ImageRecord, LostCounters, WayIn } from "../linux/bpf/observation.ts";
import { syscallName } from "../linux/syscalls.ts";
import { VERSION } from "../version.ts";
import {
  type CapabilityFinding,
  type Image,
  type Observation,
  type Profile,
  PROFILE_SCHEMA_VERSION,
  type TraceCoverage,
  VERDICTS,
} from "./model.ts";
import { judgeCheck } from "./verdicts.ts";

/** Everything that a trace brought home. */
export interface TraceEvidence {
  readonly argv: readonly string[];
  readonly host: Profile["host"];
  readonly time: Date;
  readonly wayIn: WayIn;
  /** Boot clock at the start and at the end. */
  readonly beganNs: number;
  readonly endedNs: number;
  readonly images: readonly ImageRecord[];
  readonly checks: readonly CheckRecord[];
  readonly lost: LostCounters;
  readonly gaps: readonly string[];
}

/** Makes a profile of what was seen. Checks before the first exec are not the program's. */
export function buildProfile(evidence: TraceEvidence): Profile {
  const { beganNs, lost } = evidence;
  const images = evidence.images.flatMap((record) => describeImage(record, beganNs));
  const programs = new Map(images.map((image) => [image.id, image]));
  const observations = evidence.checks
    .filter(({ image }) => programs.has(image))
    .map((check) => describeCheck(check, beganNs))
    .toSorted(compareObservations);
  const findings = summarise(observations, programs);
  const coverage: TraceCoverage = {
    complete: images.length > 0 && lost.checks === 0 && lost.images === 0,
    lost,
    gaps: evidence.gaps,
  };
  return {
    schemaVersion: PROFILE_SCHEMA_VERSION,
    kind: "profile",
    tool: { name: "capscope", version: VERSION },
    host: evidence.host,
    time: evidence.time.toISOString(),
    subject: { kind: "command", argv: evidence.argv },
    wayIn: evidence.wayIn,
    durationNs: evidence.endedNs - beganNs,
    images,
    observations,
    findings,
    conclusion: concludeFrom(images, findings),
    coverage,
  };
}

function concludeFrom(
  images: readonly Image[],
  findings: readonly CapabilityFinding[],
): Profile["conclusion"] {
  if (images.length === 0) return "inconclusive";
  const needs = findings.some(({ verdict }) => verdict === "required");
  return needs ? "needs" : "needs-nothing-seen";
}

function describeImage(record: ImageRecord, beganNs: number): readonly Image[] {
  const { id, pid, parentPid, comm, exe, argv, startNs, endNs } = record;
  if (exe === null) return [];
  const ended = endNs === 0 ? null : endNs - beganNs;
  return [{ id, pid, parentPid, comm, exe, argv, startNs: startNs - beganNs, endNs: ended }];
}

function describeCheck(check: CheckRecord, beganNs: number): Observation {
  return {
    image: check.image,
    capability: capabilityName(check.capability),
    granted: check.granted,
    syscall: check.syscall === null ? null : syscallName(check.syscall),
    ...judgeCheck(check),
    count: check.count,
    firstNs: check.firstNs - beganNs,
    lastNs: check.lastNs - beganNs,
  };
}

function compareObservations(one: Observation, other: Observation): number {
  return one.image - other.image || one.firstNs - other.firstNs || one.count - other.count;
}

/** One finding for each capability, the weightiest first. */
function summarise(
  observations: readonly Observation[],
  programs: ReadonlyMap<number, Image>,
): readonly CapabilityFinding[] {
  const capabilities = [...new Set(observations.map(({ capability }) => capability))];
  const findings = capabilities.map((capability): CapabilityFinding => {
    const all = observations.filter((row) => row.capability === capability);
    const verdict = VERDICTS.find((each) => all.some((row) => row.verdict === each)) ?? "denied";
    const deciding = all.filter((row) => row.verdict === verdict);
    return {
      capability,
      verdict,
      granted: sum(all.filter(({ granted }) => granted)),
      denied: sum(all.filter(({ granted }) => !granted)),
      syscalls: distinct(deciding.map(({ syscall }) => syscall)),
      programs: distinct(deciding.map(({ image }) => programs.get(image)?.exe ?? null)),
      gates: distinct(deciding.map(({ gate }) => gate)),
    };
  });
  return findings.toSorted(
    (one, other) =>
      VERDICTS.indexOf(one.verdict) - VERDICTS.indexOf(other.verdict) ||
      (one.capability < other.capability ? -1 : 1),
  );
}

function sum(observations: readonly Observation[]): number {
  return observations.reduce((total, { count }) => total + count, 0);
}

function distinct(values: readonly (string | null)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== null))].toSorted();
}
