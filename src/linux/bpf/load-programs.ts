// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { release } from "node:os";
import { capabilityNames, includesAll, setOf } from "../../capabilities/set.ts";
import { SystemError, UnsupportedError } from "../../errors.ts";
import type { BpfLink, BpfMap, BpfObject, BpfProgram, Libbpf } from "../ffi/libbpf.ts";
import { errorName } from "../errno.ts";
import { INITIAL_USER_NAMESPACE, readNamespace } from "../procfs/namespaces.ts";
import { readProcessStatus } from "../procfs/task.ts";
import { readTraceObject, type TraceObject } from "./object-file.ts";
import { type FollowScope, type WayIn, WAYS_IN } from "./observation.ts";
import { encodeOptions } from "./wire-format.ts";

/** The programs of each way in; those that follow tasks come with every one. */
const PROGRAMS: Readonly<Record<WayIn, readonly string[]>> = {
  tp_btf: ["trace_cap_capable"],
  fexit: ["trace_cap_capable_exit"],
  kprobe: ["trace_cap_capable_call", "trace_cap_capable_return"],
};
const FOLLOWING = ["handle_fork", "handle_exec", "handle_exit"];

const KERNEL_TYPES = "/sys/kernel/btf/vmlinux";
const NEEDED = setOf("bpf", "perfmon");
/** Stands for both. */
const ADMIN = setOf("sys_admin");

/** Sees the end of every system call of the machine: for kernels where a task cannot be asked. */
const EXIT_WATCHER = "handle_syscall_exit";

/** What to load. */
export interface ProgramOptions {
  readonly scope: FollowScope;
  /** The best one that the kernel lets us have where it is left out. */
  readonly wayIn?: WayIn;
  /** Boot clock: what runs before it is attached to. */
  readonly beganNs: number;
  /** Watch the end of every system call of the machine, which makes each of them slower. */
  readonly watchesExits: boolean;
  /** Threads cannot be followed one by one: ask the leading one of each (before Linux 6.9). */
  readonly asksLeader: boolean;
}

/** Programs that run in the kernel. */
export interface LoadedPrograms {
  readonly wayIn: WayIn;
  readonly object: BpfObject;
  readonly links: readonly BpfLink[];
  /** Descriptors of those that see the checks. */
  readonly checkPrograms: readonly number[];
  /** Descriptor of the one that names kernel addresses. */
  readonly symbolProgram: number;
}

/** Why a way in is closed. */
interface Refusal {
  readonly wayIn: WayIn;
  readonly error: SystemError;
}

/**
 * Loads and attaches the programs by the first way in that the kernel lets us have, or by the one
 * asked for. Throws UnsupportedError when there is none, and then leaves nothing behind.
 */
export async function loadPrograms(
  libbpf: Libbpf,
  options: ProgramOptions,
): Promise<LoadedPrograms> {
  requirePrivileges();
  const bytes = readTraceObject(objectFor(options.scope, release()));
  const refusals: Refusal[] = [];
  for (const wayIn of options.wayIn === undefined ? WAYS_IN : [options.wayIn]) {
    const outcome = await tryWayIn(libbpf, bytes, wayIn, options);
    if (!(outcome instanceof SystemError)) return outcome;
    refusals.push({ wayIn, error: outcome });
  }
  throw unsupported(refusals);
}

/** Takes the kernel's release, as uname(2) gives it. */
function objectFor({ kind }: FollowScope, kernel: string): TraceObject {
  const name = kind === "cgroup" ? "capability-trace-group" : "capability-trace";
  const [major = 0, minor = 0] = kernel.split(".").map((part) => Number.parseInt(part, 10));
  if (major >= 7) return `${name}-7.0`;
  return major === 6 && minor >= 18 ? `${name}-6.18` : name;
}

function requirePrivileges(): void {
  if (!existsSync(KERNEL_TYPES)) {
    throw new UnsupportedError(`${KERNEL_TYPES} is not there`, {
      hint: "the kernel must be built with CONFIG_DEBUG_INFO_BTF",
    });
  }
  const self = readProcessStatus("self");
  if (self.kind !== "status") return;
  const { effective } = self.status;
  if (includesAll(effective, NEEDED) || includesAll(effective, ADMIN)) return;
  const missing = capabilityNames(NEEDED & ~effective).join(", ");
  throw new UnsupportedError(`following capability checks needs privileges: ${missing}`, {
    hint: "run it as root, or with CAP_BPF and CAP_PERFMON",
  });
}

function unsupported(refusals: readonly Refusal[]): UnsupportedError {
  const reasons = refusals.map(({ wayIn, error }) => `${wayIn}: ${error.message}`).join("; ");
  return new UnsupportedError(`the kernel's cap_capable() cannot be reached (${reasons})`, {
    hint: hintFor(refusals),
  });
}

function hintFor(refusals: readonly Refusal[]): string {
  if (refusals.every(({ error }) => error.code === "EPERM")) return refusalHint();
  // Debian's and Ubuntu's perf_event_open(2) knows this level, and asks for CAP_SYS_ADMIN there.
  if (refusals.some(({ error }) => error.code === "EACCES")) {
    return "above 2, kernel.perf_event_paranoid leaves kprobes to CAP_SYS_ADMIN";
  }
  return "tp_btf needs Linux 6.14, fexit Linux 5.15, kprobe a kernel with CONFIG_KPROBES";
}

function refusalHint(): string {
  const namespace = readNamespace("self", "user");
  return namespace === null || namespace === INITIAL_USER_NAMESPACE
    ? "lockdown or a security module refuses it (cat /sys/kernel/security/lockdown)"
    : "capabilities of a user namespace do not count for it: run it as root outside of it";
}

async function tryWayIn(
  libbpf: Libbpf,
  bytes: Uint8Array,
  wayIn: WayIn,
  options: ProgramOptions,
): Promise<LoadedPrograms | SystemError> {
  const object = libbpf.openObject(bytes);
  if (object === null) return new SystemError("parsing the programs", libbpf.errorName());
  const links: BpfLink[] = [];
  let outcome: LoadedPrograms | SystemError;
  try {
    configure(libbpf, object, wayIn, options);
    outcome = await attach(libbpf, object, wayIn, options, links);
  } catch (error) {
    unloadPrograms(libbpf, { object, links });
    throw error;
  }
  if (outcome instanceof SystemError) unloadPrograms(libbpf, { object, links });
  return outcome;
}

function configure(libbpf: Libbpf, object: BpfObject, wayIn: WayIn, options: ProgramOptions): void {
  for (const each of WAYS_IN) {
    for (const name of PROGRAMS[each]) {
      libbpf.setAutoload(findProgram(libbpf, object, name), each === wayIn);
    }
  }
  libbpf.setAutoload(findProgram(libbpf, object, EXIT_WATCHER), options.watchesExits);
  libbpf.setInitialValue(findMap(libbpf, object, ".rodata.options"), encodeOptions(options));
  libbpf.setAutocreate(findMap(libbpf, object, "calls"), wayIn === "kprobe");
}

/** Pushes to `links`, also when it fails in the end. */
async function attach(
  libbpf: Libbpf,
  object: BpfObject,
  wayIn: WayIn,
  options: ProgramOptions,
  links: BpfLink[],
): Promise<LoadedPrograms | SystemError> {
  const result = await libbpf.load(object);
  if (result < 0) return new SystemError("loading", errorName(-result));
  const programs = PROGRAMS[wayIn].map((name) => findProgram(libbpf, object, name));
  const names = options.watchesExits ? [...FOLLOWING, EXIT_WATCHER] : FOLLOWING;
  const others = names.map((name) => findProgram(libbpf, object, name));
  // The one that counts is the last to come and the first to go.
  for (const program of [...others, ...programs.toReversed()]) {
    const link = libbpf.attach(program);
    if (link === null) return new SystemError("attaching", libbpf.errorName());
    links.push(link);
  }
  return {
    wayIn,
    object,
    links,
    checkPrograms: programs.map((program) => libbpf.programFd(program)),
    symbolProgram: libbpf.programFd(findProgram(libbpf, object, "name_symbols")),
  };
}

/** Takes the programs and their maps out of the kernel. */
export function unloadPrograms(
  libbpf: Libbpf,
  programs: Pick<LoadedPrograms, "object" | "links">,
): void {
  for (const link of programs.links.toReversed()) libbpf.destroyLink(link);
  libbpf.close(programs.object);
}

function findProgram(libbpf: Libbpf, object: BpfObject, name: string): BpfProgram {
  const program = libbpf.findProgram(object, name);
  if (program === null) throw new Error(`the object file has no program ${name}`);
  return program;
}

/** A map of the object file; `name` may be a section. */
export function findMap(libbpf: Libbpf, object: BpfObject, name: string): BpfMap {
  const map = libbpf.findMap(object, name);
  if (map === null) throw new Error(`the object file has no map ${name}`);
  return map;
}
