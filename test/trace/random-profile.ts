// SPDX-License-Identifier: Apache-2.0
import {
  CONFIDENCES,
  type CredentialsRow,
  type Image,
  type Observation,
  type Profile,
  type Proof,
  PROOF_VERDICTS,
  type Run,
  VERDICTS,
} from "../../src/trace/model.ts";
import { profileOf } from "../../src/trace/profile.ts";

/** Gives whole numbers from 0 below `limit`; the same ones for the same seed. */
export type Chance = (limit: number) => number;

/** The generator "mulberry32". */
export function chance(seed: number): Chance {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const CAPABILITIES = ["chown", "net_bind_service", "net_raw", "sys_admin", "cap_41"];
const PROGRAMS = [
  "/usr/sbin/daemon",
  "/bin/sh",
  "[kworker]",
  "/tmp/\u001b[31m\u202e",
  "/\udcff\\x80\\\udc80",
];
const SYSCALLS = ["bind", "execve", "openat", null];
const GATES = ["__inet_bind", "capable_wrt_inode_uidgid", null];

/** Runs with ids "run-0", "run-1" ...; times repeat, so that ids have to decide on their order. */
export function randomRun(next: Chance, id: number): Run {
  const images = Array.from({ length: 1 + next(3) }, (_, index) => randomImage(next, index + 1));
  return {
    id: `run-${id}`,
    host: { name: "host.example", kernel: pick(next, ["6.12.0", "6.18.0"]) },
    tool: { name: "capscope", version: "0.1.0" },
    time: `2026-06-0${1 + next(3)}T12:00:00.000Z`,
    subject: { kind: "command", program: "/usr/sbin/daemon", argv: ["daemon", `-${next(3)}`] },
    wayIn: pick(next, ["tp_btf", "fexit", "kprobe"]),
    durationNs: next(1e9),
    context: {
      sysctls: { "kernel.kptr_restrict": pick(next, ["0", "1", null]) },
      securityModules: pick(next, [null, ["lockdown", "capability"]]),
      lockdown: pick(next, ["none", "integrity", null]),
    },
    images,
    credentials: [randomCredentials(next, images.length)],
    observations: Array.from({ length: next(8) }, () => randomObservation(next, images.length)),
    coverage: {
      complete: next(4) > 0,
      lost: { checks: next(2), stacks: next(3), images: 0 },
      gaps: next(3) === 0 ? ["processes of the command still run"] : [],
    },
    proof: next(2) === 0 ? randomProof(next) : null,
  };
}

/** A profile of some of the runs, at least one. */
export function randomProfile(next: Chance, pool: readonly [Run, ...Run[]]): Profile {
  const [first = pool[0], ...others] = pool.filter(() => next(2) === 0);
  return profileOf([first, ...others]);
}

function randomImage(next: Chance, id: number): Image {
  const exe = pick(next, PROGRAMS);
  return {
    id,
    pid: 100 + id,
    parentPid: 99,
    comm: exe.slice(0, 15),
    exe,
    argv: pick(next, [null, [exe, "--now"]]),
    attached: next(3) === 0,
    startNs: next(1000),
    endNs: pick(next, [null, 5000]),
    exitCode: pick(next, [null, 0, 1]),
    exitSignal: null,
    fileCapabilities: [],
  };
}

function randomCredentials(next: Chance, images: number): CredentialsRow {
  return {
    id: 1,
    image: 1 + next(images),
    previous: null,
    phase: "start-up",
    uid: next(2),
    effectiveUid: 0,
    permitted: CAPABILITIES.slice(next(3)),
    effective: CAPABILITIES.slice(next(3)),
    inheritable: [],
    bounding: CAPABILITIES,
    ambient: [],
    securebits: [],
    noNewPrivileges: false,
    firstNs: 0,
  };
}

function randomObservation(next: Chance, images: number): Observation {
  const verdict = pick(next, VERDICTS);
  const granted = verdict !== "denied" && next(4) > 0;
  const syscall = pick(next, SYSCALLS);
  return {
    image: 1 + next(images),
    credentials: pick(next, [null, 1]),
    phase: pick(next, ["start-up", "after-drop"]),
    capability: pick(next, CAPABILITIES),
    granted,
    syscall,
    verdict,
    gate: pick(next, GATES),
    reason: verdict === "opportunistic" ? "memory accounting" : null,
    confidence: pick(next, CONFIDENCES),
    kernelStack: pick(next, [[], ["unheard_of", "sys_new"]]),
    conditions: pick(next, [[], ["kernel.dmesg_restrict = 1"]]),
    alternatives: pick(next, [[], ["bpf"], ["bpf", "perfmon"]]),
    userNamespace: pick(next, ["initial", "own", "other"]),
    userStack: next(2) === 0 ? [] : [{ name: "main", file: null, buildId: "ab12", offset: 16 }],
    outcomes: granted
      ? []
      : [{ syscall: syscall ?? "bind", errno: pick(next, [null, "EPERM"]), count: 1 }],
    count: 1 + next(50),
    firstNs: next(1000),
    lastNs: 1000 + next(1000),
  };
}

function randomProof(next: Chance): Proof {
  const sets = [["chown"], ["net_raw", "cap_41"], []];
  return {
    method: pick(next, ["root", "user"]),
    uid: next(2000),
    criterion: {
      status: pick(next, [null, 0, 3]),
      ready: pick(next, [null, "port:80"]),
      check: pick(next, [null, "test -e \u001b[31m"]),
      strict: next(2) === 0,
    },
    runsPerAnswer: 1 + next(3),
    capabilities: CAPABILITIES.map((capability) => ({
      capability,
      proof: pick(next, PROOF_VERDICTS),
      failure: pick(next, [null, "ended with status 1, not 0"]),
      reason: pick(next, [null, "worked 1 of 4 times"]),
      refused: [
        {
          capability,
          program: pick(next, PROGRAMS),
          syscall: pick(next, SYSCALLS),
          end: pick(next, ["failed", "succeeded", "not-seen"] as const),
          errno: pick(next, [null, "EPERM"]),
          gate: pick(next, GATES),
          userStack: [],
        },
      ].slice(next(2)),
    })),
    minimalSets: sets.slice(next(4)),
    workingSet: pick(next, sets),
    runs: next(50),
    durationNs: next(1e9),
    notes: pick(next, [[], ["the command was ended"]]),
  };
}

function pick<T>(next: Chance, values: readonly T[]): T {
  return values[next(values.length)] as T;
}
