// SPDX-License-Identifier: Apache-2.0
import { purposeOf, reasonOf } from "../../../src/trace/explain.ts";
import {
  type CapabilityFinding,
  type CredentialsRow,
  type Image,
  type Observation,
  type Profile,
  PROFILE_SCHEMA_VERSION,
  type Run,
  type Use,
  type Verdict,
} from "../../../src/trace/model.ts";

/** One way to ask, granted once in bind(2) by /usr/sbin/daemon, with the facts given. */
export function use(facts: Partial<Use> = {}): Use {
  return {
    program: "/usr/sbin/daemon",
    syscall: "bind",
    gate: "inet_bind",
    verdict: "required",
    reason: null,
    confidence: "high",
    kernelStack: [],
    phase: "start-up",
    granted: 1,
    denied: 0,
    userStack: [],
    outcomes: [],
    ...facts,
  };
}

/** With the reason that such a check gets, where none is given. */
function explained(capability: string, each: Use): Use {
  const decides = ["required", "conditional", "denied"].includes(each.verdict);
  if (each.reason !== null || !decides) return each;
  const frames = each.gate === null ? [] : [each.gate];
  const purpose = purposeOf(frames, capability);
  const reason = reasonOf(frames, purpose, each.verdict !== "denied", undefined);
  if (purpose !== null) return { ...each, reason };
  return { ...each, reason, confidence: "low", kernelStack: frames };
}

/** A finding that the uses add up to; a use without a verdict of its own gets the finding's. */
export function finding(
  capability: string,
  verdict: Verdict,
  uses: readonly Partial<Use>[],
  facts: Partial<CapabilityFinding> = {},
): CapabilityFinding {
  const all = uses.map((each) => explained(capability, use({ verdict, ...each })));
  const own = all.filter((each) => each.verdict === verdict);
  return {
    capability,
    verdict,
    confidence: own.some(({ confidence }) => confidence === "low") ? "low" : "high",
    granted: all.reduce((total, { granted }) => total + granted, 0),
    denied: all.reduce((total, { denied }) => total + denied, 0),
    phases: [...new Set(own.map(({ phase }) => phase))],
    uses: all,
    conditions: [],
    alternatives: [],
    denial: null,
    installedIn: [],
    runs: ["run-1"],
    ...facts,
  };
}

/** A program that ran and ended, with the facts given. */
export function image(facts: Partial<Image> = {}): Image {
  return {
    id: 1,
    pid: 4242,
    parentPid: 4241,
    comm: "daemon",
    exe: "/usr/sbin/daemon",
    argv: ["daemon"],
    attached: false,
    startNs: 1_000_000,
    endNs: 900_000_000,
    exitCode: 0,
    exitSignal: null,
    fileCapabilities: [],
    ...facts,
  };
}

/** Credentials of a user without privileges, with the facts given. */
export function credentials(facts: Partial<CredentialsRow> = {}): CredentialsRow {
  return {
    id: 1,
    image: 1,
    previous: null,
    phase: "start-up",
    uid: 1000,
    effectiveUid: 1000,
    permitted: [],
    effective: [],
    inheritable: [],
    bounding: [],
    ambient: [],
    securebits: [],
    noNewPrivileges: false,
    firstNs: 1_000_000,
    ...facts,
  };
}

/** A complete run of one program, with the facts given. */
export function run(facts: Partial<Run> = {}): Run {
  return {
    id: "run-1",
    host: { name: "web1", kernel: "6.18.7" },
    tool: { name: "capscope", version: "0.1.0" },
    time: "2026-01-02T03:04:05.000Z",
    subject: { kind: "command", program: "/usr/sbin/daemon", argv: ["daemon"] },
    wayIn: "tp_btf",
    durationNs: 1_500_000_000,
    context: { sysctls: {}, securityModules: ["capability", "yama"], lockdown: "none" },
    images: [image()],
    credentials: [],
    observations: [],
    coverage: { complete: true, lost: { checks: 0, stacks: 0, images: 0 }, gaps: [] },
    proof: null,
    ...facts,
  };
}

/** A profile of these runs and findings; the observations are what the uses say. */
export function profile(facts: Partial<Profile> = {}): Profile {
  const findings = facts.findings ?? [];
  const [first = run(), ...others] = facts.runs ?? [run()];
  const runs = [
    { ...first, observations: findings.flatMap((each) => observationsOf(each, first.images)) },
    ...others,
  ];
  const isNeeded = findings.some(({ verdict }) => ["required", "conditional"].includes(verdict));
  return {
    schemaVersion: PROFILE_SCHEMA_VERSION,
    kind: "profile",
    tool: { name: "capscope", version: "0.1.0" },
    subject: first.subject,
    conclusion: isNeeded ? "needs" : "needs-nothing-seen",
    proven: first.proof?.minimalSets[0] ?? null,
    coverage: first.coverage,
    ...facts,
    findings,
    runs,
  };
}

function observationsOf(
  { capability, uses, conditions, alternatives }: CapabilityFinding,
  images: readonly Image[],
): readonly Observation[] {
  return uses.flatMap((each) =>
    [
      { granted: true, count: each.granted },
      { granted: false, count: each.denied },
    ].flatMap(({ granted, count }) =>
      count === 0
        ? []
        : [
            {
              image: images.find(({ exe }) => exe === each.program)?.id ?? 1,
              credentials: null,
              phase: each.phase,
              capability,
              granted,
              syscall: each.syscall,
              verdict: each.verdict,
              gate: each.gate,
              reason: each.reason,
              confidence: each.confidence,
              kernelStack: each.kernelStack,
              conditions,
              alternatives,
              userNamespace:
                each.verdict === "namespaced" ? ("own" as const) : ("initial" as const),
              userStack: each.userStack,
              outcomes: each.outcomes,
              count,
              firstNs: 1,
              lastNs: 2,
            },
          ],
    ),
  );
}
