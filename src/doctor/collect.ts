// SPDX-License-Identifier: Apache-2.0
import { SystemError, UnsupportedError } from "../errors.ts";
import type { Coverage } from "../exposure/model.ts";
import { openCapabilityTracer } from "../linux/bpf/capability-tracer.ts";
import { readKernelTypes } from "../linux/btf/kernel-types.ts";
import type { CapabilityTracer, WayIn } from "../linux/bpf/observation.ts";
import { readHierarchyMounts } from "../linux/cgroup/mounts.ts";
import { enginePlaces, readContainerNames } from "../linux/container/names.ts";
import { openLibbpf } from "../linux/ffi/libbpf.ts";
import { openLibc } from "../linux/ffi/libc.ts";
import { readHost } from "../linux/procfs/machine.ts";
import { readMounts } from "../linux/procfs/mounts.ts";
import {
  INITIAL_PID_NAMESPACE,
  INITIAL_USER_NAMESPACE,
  readNamespace,
} from "../linux/procfs/namespaces.ts";
import { readSystemContext } from "../linux/procfs/system-context.ts";
import { readProcessStatus } from "../linux/procfs/task.ts";
import { readSocketUnits } from "../linux/systemd/socket-units.ts";
import { VERSION } from "../version.ts";
import { abilitiesOf, checksOf } from "./checks.ts";
import type { Facts, Failure, TrialFacts, WayInFacts } from "./facts.ts";
import { DOCTOR_SCHEMA_VERSION, type DoctorReport } from "./model.ts";

export interface DoctorOptions {
  readonly time: Date;
  /** The process that runs this: one check of it is traced. */
  readonly ownPid: number;
  /** What an exposure report of this moment could see, UNIX sockets included. */
  readonly exposure: Coverage;
}

/** Tries what the commands need, and says what is lost and what helps. Leaves nothing behind. */
export async function collectDoctor(options: DoctorOptions): Promise<DoctorReport> {
  const host = readHost();
  const facts = await collectFacts(host.kernel, options);
  const checks = checksOf(facts);
  return {
    schemaVersion: DOCTOR_SCHEMA_VERSION,
    kind: "doctor",
    tool: { name: "capscope", version: VERSION },
    host,
    time: options.time.toISOString(),
    abilities: abilitiesOf(facts, checks),
    checks,
  };
}

async function collectFacts(kernel: string, { ownPid, exposure }: DoctorOptions): Promise<Facts> {
  const { version, failure } = await tryLibbpf();
  const waysIn = [await tryWayIn("tp_btf"), await tryWayIn("fexit"), await tryWayIn("kprobe")];
  const best = waysIn.find(({ refusal }) => refusal === null)?.wayIn;
  const manager = readSocketUnits(null);
  const self = readProcessStatus("self");
  const { lockdown, sysctls } = readSystemContext();
  const containers = readContainerNames(enginePlaces([]));
  return {
    kernel,
    types: collectTypes(),
    libbpf: version,
    libbpfFailure: failure,
    waysIn,
    trial: best === undefined ? null : await tryTrace(best, ownPid),
    lockdown,
    sysctls,
    exposure,
    mounts: readMounts(),
    hierarchies: readHierarchyMounts(),
    namespaces: {
      pid: isNamespace("pid", INITIAL_PID_NAMESPACE),
      user: isNamespace("user", INITIAL_USER_NAMESPACE),
    },
    managerFailure: manager.kind === "units" ? null : manager.reason,
    containers: { named: containers.names.length, closed: containers.unreadable },
    privileges: self.kind === "status" ? self.status.effective : null,
  };
}

/** Names of the iterators as BTF has their contexts, struct bpf_iter__NAME. */
const ITERATORS = ["task", "task_file"] as const;

function collectTypes(): Facts["types"] {
  const types = readKernelTypes();
  if (types.kind !== "types") return types.kind;
  return {
    iterators: Object.fromEntries(ITERATORS.map((name) => [name, types.has(`bpf_iter__${name}`)])),
  };
}

async function tryLibbpf(): Promise<{ version: string | null; failure: Failure | null }> {
  try {
    return { version: (await openLibbpf()).version(), failure: null };
  } catch (error) {
    return { version: null, failure: failureOf(error) };
  }
}

async function tryWayIn(wayIn: WayIn): Promise<WayInFacts> {
  try {
    const tracer = await openCapabilityTracer({ scope: { kind: "tree" }, wayIn });
    tracer[Symbol.dispose]();
    return { wayIn, refusal: null };
  } catch (error) {
    return { wayIn, refusal: failureOf(error) };
  }
}

/** Traces one check of this process: that for a raw socket, which sends nothing. */
async function tryTrace(wayIn: WayIn, ownPid: number): Promise<TrialFacts | null> {
  try {
    using tracer = await openCapabilityTracer({ scope: { kind: "tree" }, wayIn });
    tracer.follow(ownPid, "attached");
    const wasAsked = await askForRawSocket();
    const trial = judgeTrial(tracer);
    return trial.counted || wasAsked ? trial : null;
  } catch (error) {
    // The way in was open a moment ago; what of it fails now is what the report is about.
    if (error instanceof SystemError || error instanceof UnsupportedError) return null;
    throw error;
  }
}

const AF_INET = 2;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const NET_RAW = 13;

/**
 * Makes inet_create() ask for CAP_NET_RAW (Linux 6.18, net/ipv4/af_inet.c); false when the call
 * did not come so far, as in a service with RestrictAddressFamilies=.
 */
async function askForRawSocket(): Promise<boolean> {
  const libc = await openLibc();
  const fd = libc.socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (fd < 0) return libc.errorName() === "EPERM";
  libc.close(fd);
  return true;
}

function judgeTrial(tracer: CapabilityTracer): TrialFacts {
  const checks = tracer.readChecks().filter(({ capability }) => capability === NET_RAW);
  const frames = checks.flatMap(({ stacks }) => stacks.flatMap((stack) => stack.frames));
  return {
    counted: checks.some(({ count }) => count > 0),
    named: frames.includes("inet_create"),
    seesOutcomes: tracer.seesOutcomes,
  };
}

function failureOf(error: unknown): Failure {
  if (error instanceof UnsupportedError) return { reason: error.message, remedy: error.hint };
  if (error instanceof SystemError) return { reason: error.message, remedy: null };
  throw error;
}

function isNamespace(kind: "pid" | "user", initial: number): boolean | null {
  const own = readNamespace("self", kind);
  return own === null ? null : own === initial;
}
