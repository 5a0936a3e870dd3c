// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES, capabilityName } from "../../src/capabilities/names.ts";
import { allCapabilities, setOf } from "../../src/capabilities/set.ts";
import type {
  CheckRecord,
  CredentialsRecord,
  ImageRecord,
  OutcomeRecord,
} from "../../src/linux/bpf/observation.ts";
import { INITIAL_USER_NAMESPACE } from "../../src/linux/procfs/namespaces.ts";
import { syscallName } from "../../src/linux/syscalls.ts";
import type {
  CapabilityFinding,
  Observation,
  Profile,
  SystemContext,
} from "../../src/trace/model.ts";
import { profileOf } from "../../src/trace/profile.ts";
import { describeRun, type TraceEvidence } from "../../src/trace/run.ts";

export const ALL = allCapabilities(CAPABILITY_NAMES.length - 1);

export const capability = (name: string): number => {
  const number = CAPABILITY_NAMES.indexOf(name);
  if (number === -1) throw new Error(`no capability: ${name}`);
  return number;
};

const SYSCALL_NUMBERS = new Map(
  Array.from({ length: 512 }, (_, number) => [syscallName(number), number] as const),
);

/** Its number on this machine. */
export const syscall = (name: string): number => {
  const number = SYSCALL_NUMBERS.get(name);
  if (number === undefined) throw new Error(`no system call: ${name}`);
  return number;
};

/** A granted check for a capability of the host, made once in bind(2), with the facts given. */
export function check(facts: Partial<CheckRecord> = {}): CheckRecord {
  return {
    image: 1,
    credentials: null,
    capability: 10,
    granted: true,
    syscall: null,
    targetNamespace: INITIAL_USER_NAMESPACE,
    ownNamespace: false,
    ownsNamespace: false,
    borrowedCredentials: false,
    moot: false,
    silent: null,
    count: 1,
    firstNs: 100,
    lastNs: 100,
    stacks: [],
    userStacks: [],
    ...facts,
  };
}

/** One stack, innermost frame first. */
export function stack(...frames: readonly string[]): CheckRecord["stacks"] {
  return [{ frames, samples: 1 }];
}

/** A check for this capability from a place in the kernel. */
export function checkAt(
  name: string,
  frames: readonly string[],
  facts: Partial<CheckRecord> = {},
): CheckRecord {
  return check({ capability: capability(name), stacks: stack("cap_capable", ...frames), ...facts });
}

/** A program that ran and ended, with the facts given. */
export function image(facts: Partial<ImageRecord> = {}): ImageRecord {
  return {
    id: 1,
    origin: "exec",
    pid: 42,
    parentPid: 41,
    startNs: 50,
    endNs: 500,
    comm: "daemon",
    exe: "/usr/sbin/daemon",
    argv: ["daemon"],
    exitCode: 0,
    exitSignal: null,
    ...facts,
  };
}

/** Those of root, with the facts given. */
export function credentials(facts: Partial<CredentialsRecord> = {}): CredentialsRecord {
  return {
    id: 1,
    image: 1,
    previous: null,
    uid: 0,
    effectiveUid: 0,
    permitted: ALL,
    effective: ALL,
    inheritable: 0n,
    bounding: ALL,
    ambient: 0n,
    securebits: 0,
    noNewPrivileges: false,
    firstNs: 60,
    ...facts,
  };
}

/** What one process had, each row after the one before. */
export function history(
  ...steps: readonly Partial<CredentialsRecord>[]
): readonly CredentialsRecord[] {
  return steps.map((step, at) =>
    credentials({ id: at + 1, previous: at === 0 ? null : at, firstNs: 60 + at, ...step }),
  );
}

/** Sets with these members. */
export const only = (...names: readonly string[]): bigint => setOf(...names);

/** Ends of system calls in which these capabilities were denied. */
export function outcome(
  name: string,
  errno: number,
  denied: readonly string[],
  count = 1,
): OutcomeRecord {
  return { image: 1, syscall: syscall(name), denied: setOf(...denied), granted: 0n, errno, count };
}

export const CONTEXT: SystemContext = { sysctls: {}, securityModules: null, lockdown: null };

/** A trace of one program that was seen from its exec to its end. */
export function evidence(facts: Partial<TraceEvidence> = {}): TraceEvidence {
  return {
    id: "run-1",
    subject: { kind: "command", program: "/usr/sbin/daemon", argv: ["daemon", "--port", "81"] },
    host: { name: "host.example", kernel: "6.18.0" },
    time: new Date("2026-06-09T12:00:00Z"),
    wayIn: "tp_btf",
    context: CONTEXT,
    beganNs: 40,
    endedNs: 1_000_000_040,
    images: [image()],
    checks: [],
    credentials: [],
    outcomes: [],
    lost: { checks: 0, stacks: 0, images: 0 },
    gaps: [],
    insistedOnBy: () => 0n,
    nameUserStack: () => [],
    ...facts,
  };
}

/** The profile of one run. */
export function profile(facts: Partial<TraceEvidence> = {}): Profile {
  return profileOf([describeRun(evidence(facts))]);
}

/** What the profile of one run says of a capability. */
export function finding(
  name: string,
  facts: Partial<TraceEvidence>,
): CapabilityFinding | undefined {
  return profile(facts).findings.find((each) => each.capability === name);
}

/** What the run says of its one check. */
export function judged(record: CheckRecord, facts: Partial<TraceEvidence> = {}): Observation {
  const [observation] = describeRun(evidence({ ...facts, checks: [record] })).observations;
  if (observation === undefined) throw new Error(`not seen: ${capabilityName(record.capability)}`);
  return observation;
}
