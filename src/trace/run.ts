// SPDX-License-Identifier: Apache-2.0
import { capabilityName } from "../capabilities/names.ts";
import { capabilityNames, includesAll } from "../capabilities/set.ts";
import type {
  CheckRecord,
  CredentialsRecord,
  ImageRecord,
  LostCounters,
  OutcomeRecord,
  WayIn,
} from "../linux/bpf/observation.ts";
import { INITIAL_USER_NAMESPACE } from "../linux/procfs/namespaces.ts";
import { errorName } from "../linux/errno.ts";
import { securebitNames } from "../linux/securebits.ts";
import { syscallName } from "../linux/syscalls.ts";
import { VERSION } from "../version.ts";
import type {
  CredentialsRow,
  Image,
  Observation,
  Phase,
  Run,
  Subject,
  SyscallOutcome,
  SystemContext,
  UserFunction,
} from "./model.ts";
import { dropCovered, pairAlternatives } from "./alternatives.ts";
import { phasesOf } from "./phases.ts";
import { programsOf } from "./programs.ts";
import { type Surroundings, surroundingsOf } from "./surroundings.ts";
import { judgeCheck } from "./verdicts.ts";

/** Everything that a trace brought home. */
export interface TraceEvidence {
  readonly id: string;
  readonly subject: Subject;
  readonly host: Run["host"];
  readonly time: Date;
  readonly wayIn: WayIn;
  readonly context: SystemContext;
  /** Boot clock at the start and at the end. */
  readonly beganNs: number;
  readonly endedNs: number;
  readonly images: readonly ImageRecord[];
  readonly checks: readonly CheckRecord[];
  readonly credentials: readonly CredentialsRecord[];
  readonly outcomes: readonly OutcomeRecord[];
  readonly lost: LostCounters;
  readonly gaps: readonly string[];
  /** Functions of a stack of the program, innermost first. */
  /** What the file of a program insists on having in the bounding set, as a mask. */
  readonly insistedOnBy: (image: ImageRecord) => bigint;
  readonly nameUserStack: (check: CheckRecord) => readonly UserFunction[];
}

/** Makes a run of what was seen. Checks before the first exec are not the program's. */
export function describeRun(evidence: TraceEvidence): Run {
  const { beganNs, lost } = evidence;
  const images = programsOf(evidence.images).map((record) => describeImage(record, evidence));
  const known = new Set(images.map(({ id }) => id));
  const phases = phasesOf(evidence.credentials);
  const surroundings = surroundingsOf(evidence);
  const observations = evidence.checks
    .filter(({ image }) => known.has(image))
    .map((check) => describeCheck(check, evidence, phases, surroundings));
  const credentials = evidence.credentials
    .filter(({ image }) => known.has(image))
    .map((record) => describeCredentials(record, phases, beganNs));
  return {
    id: evidence.id,
    host: evidence.host,
    tool: { name: "capscope", version: VERSION },
    time: evidence.time.toISOString(),
    subject: evidence.subject,
    wayIn: evidence.wayIn,
    durationNs: evidence.endedNs - beganNs,
    context: evidence.context,
    images,
    credentials,
    observations: dropCovered(pairAlternatives(observations), credentials).toSorted(
      compareObservations,
    ),
    coverage: {
      complete: images.length > 0 && lost.checks === 0 && lost.images === 0,
      lost,
      gaps: images.length > 0 ? evidence.gaps : ["no program was seen to run", ...evidence.gaps],
    },
    proof: null,
  };
}

function describeImage(record: ImageRecord, evidence: TraceEvidence): Image {
  const { id, pid, parentPid, comm, argv, startNs, endNs, exitCode, exitSignal } = record;
  return {
    id,
    pid,
    parentPid,
    comm,
    exe: record.exe ?? `[${comm}]`,
    argv,
    fileCapabilities: capabilityNames(evidence.insistedOnBy(record)),
    attached: record.origin === "attached",
    startNs: startNs - evidence.beganNs,
    endNs: endNs === 0 ? null : endNs - evidence.beganNs,
    exitCode,
    exitSignal,
  };
}

function describeCredentials(
  record: CredentialsRecord,
  phases: ReadonlyMap<number, Phase>,
  beganNs: number,
): CredentialsRow {
  const { id, image, previous, uid, effectiveUid, noNewPrivileges } = record;
  return {
    id,
    image,
    previous,
    phase: phases.get(id) ?? "start-up",
    uid,
    effectiveUid,
    permitted: capabilityNames(record.permitted),
    effective: capabilityNames(record.effective),
    inheritable: capabilityNames(record.inheritable),
    bounding: capabilityNames(record.bounding),
    ambient: capabilityNames(record.ambient),
    securebits: securebitNames(record.securebits),
    noNewPrivileges,
    firstNs: record.firstNs - beganNs,
  };
}

function describeCheck(
  check: CheckRecord,
  evidence: TraceEvidence,
  phases: ReadonlyMap<number, Phase>,
  surroundings: Surroundings,
): Observation {
  return {
    image: check.image,
    credentials: check.credentials,
    phase: (check.credentials === null ? null : phases.get(check.credentials)) ?? "start-up",
    capability: capabilityName(check.capability),
    granted: check.granted,
    syscall: check.syscall === null ? null : syscallName(check.syscall),
    ...judgeCheck(check, surroundings),
    alternatives: [],
    userNamespace: userNamespaceOf(check),
    userStack: evidence.nameUserStack(check),
    outcomes: outcomesOf(check, evidence.outcomes),
    count: check.count,
    firstNs: check.firstNs - evidence.beganNs,
    lastNs: check.lastNs - evidence.beganNs,
  };
}

function userNamespaceOf(check: CheckRecord): Observation["userNamespace"] {
  if (check.targetNamespace === INITIAL_USER_NAMESPACE) return "initial";
  return check.ownNamespace ? "own" : "other";
}

/** Ends of this image's system calls in which this capability was asked for, with this answer. */
function outcomesOf(
  { image, syscall, capability, granted: isGranted }: CheckRecord,
  outcomes: readonly OutcomeRecord[],
): readonly SyscallOutcome[] {
  const mask = 1n << BigInt(capability);
  return outcomes
    .filter((each) => each.image === image && each.syscall === syscall)
    .filter(({ denied, granted }) => includesAll(isGranted ? granted : denied, mask))
    .map(({ syscall: number, errno, count }) => ({
      syscall: syscallName(number),
      errno: errno === 0 ? null : errorName(errno),
      count,
    }));
}

function compareObservations(one: Observation, other: Observation): number {
  return (
    one.image - other.image ||
    one.firstNs - other.firstNs ||
    (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)
  );
}
