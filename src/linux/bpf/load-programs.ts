// SPDX-License-Identifier: Apache-2.0
import { SystemError } from "../../errors.ts";
import type { BpfLink, BpfMap, BpfObject, BpfProgram, Libbpf } from "../ffi/libbpf.ts";
import type { Libc } from "../ffi/libc.ts";
import { errorName } from "../errno.ts";
import { type EarlyMaps, startMaps } from "./early-maps.ts";
import { nextTurn } from "../next-turn.ts";
import { callReportFunction, type KernelFit, readKernelFit } from "./kernel-fit.ts";
import { readTraceObject } from "./object-file.ts";
import { type FollowScope, type WayIn, WAYS_IN } from "./observation.ts";
import { type Refusal, requirePrivileges, unsupported } from "./program-access.ts";
import type { AttachedProgram } from "./left-out-runs.ts";
import { mayInterruptPrograms } from "./preemption.ts";
import {
  ALL_PROGRAMS,
  checkPrograms,
  FOLLOWING,
  programsToAttach,
  spareOf,
  SYMBOL_PROGRAM,
  targetOf,
} from "./program-table.ts";
import { makeTypesFile } from "./types-file.ts";
import { encodeOptions } from "./wire-format.ts";

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
  /** As `TracerOptions` has it. */
  readonly hasSpares?: boolean;
  /** Called when the kernel is at work, in another thread; what it does is not waited for. */
  readonly onBegin?: () => void;
  /** What fits the programs to this kernel; null to let libbpf do it. Read where it is left out. */
  readonly fit?: KernelFit | null;
}

/** Programs that run in the kernel. */
export interface LoadedPrograms {
  readonly wayIn: WayIn;
  readonly object: BpfObject;
  readonly links: readonly BpfLink[];
  /** Those that see the checks, and those that follow tasks. */
  readonly checking: readonly AttachedProgram[];
  readonly following: readonly AttachedProgram[];
  /** Descriptor of the one that names kernel addresses. */
  readonly symbolProgram: number;
  /** Whether tasks are asked how their system calls end. */
  readonly asksForReports: boolean;
  /** Whether the programs were fitted to the kernel's types here, or by libbpf. */
  readonly isFitted: boolean;
}

/**
 * Loads and attaches the programs by the first way in that the kernel lets us have, or by the one
 * asked for. Throws UnsupportedError when there is none, and then leaves nothing behind.
 */
export async function loadPrograms(
  libbpf: Libbpf,
  libc: Libc,
  options: ProgramOptions,
): Promise<LoadedPrograms> {
  requirePrivileges();
  const { scope } = options;
  const bytes = readTraceObject(
    scope.kind === "cgroup" ? "capability-trace-group" : "capability-trace",
  );
  const maps = startMaps(libbpf, libc, bytes);
  try {
    options.onBegin?.();
    // Who waited for the beginning does his part first.
    await nextTurn();
    const { fit = readKernelFit(libc) } = options;
    const refusals: Refusal[] = [];
    for (const wayIn of options.wayIn === undefined ? WAYS_IN : [options.wayIn]) {
      const { hasSpares = mayInterruptPrograms(wayIn) } = options;
      const attempt = { bytes, wayIn, hasSpares, fit, maps, options };
      const outcome = await tryWayIn(libbpf, libc, attempt);
      if (!(outcome instanceof SystemError)) return outcome;
      refusals.push({ wayIn, error: outcome });
    }
    throw unsupported(refusals);
  } finally {
    await maps.close();
  }
}

/** One try to load the programs. */
interface Attempt {
  readonly bytes: Uint8Array;
  readonly wayIn: WayIn;
  readonly hasSpares: boolean;
  /** Null where libbpf is to look at the kernel's types. */
  readonly fit: KernelFit | null;
  readonly maps: EarlyMaps;
  readonly options: ProgramOptions;
}

/** Where it does not work as we fit the programs, it may still as libbpf does. */
async function tryWayIn(
  libbpf: Libbpf,
  libc: Libc,
  attempt: Attempt,
): Promise<LoadedPrograms | SystemError> {
  const { fit, options, wayIn } = attempt;
  if (fit !== null) {
    if (!hasTargets(fit, checkPrograms(wayIn, options))) return new SystemError("loading", "ESRCH");
    const outcome = await tryFitted(libbpf, libc, attempt, fit);
    if (!(outcome instanceof SystemError) || outcome.code === "EPERM") return outcome;
  }
  return tryToLoad(libbpf, { ...attempt, fit: null }, null);
}

/** Whether the kernel has what the programs are attached to, as far as types tell. */
function hasTargets({ targets }: KernelFit, programs: readonly string[]): boolean {
  return programs.every((name) => {
    const target = targetOf(name);
    return target === undefined || targets.has(target);
  });
}

/** libbpf reads the types from a file. */
async function tryFitted(
  libbpf: Libbpf,
  libc: Libc,
  attempt: Attempt,
  { types, reportFunction }: KernelFit,
): Promise<LoadedPrograms | SystemError> {
  const made = makeTypesFile(libc, types);
  if (made instanceof SystemError) return made;
  using file = made;
  const { bytes } = attempt;
  const fitted = reportFunction === null ? bytes : callReportFunction(bytes, reportFunction);
  return await tryToLoad(libbpf, { ...attempt, bytes: fitted }, file.path);
}

function asksForReports(fit: KernelFit | null): boolean {
  return fit !== null && fit.reportFunction !== null;
}

async function tryToLoad(
  libbpf: Libbpf,
  attempt: Attempt,
  typesFile: string | null,
): Promise<LoadedPrograms | SystemError> {
  const object = libbpf.openObject(attempt.bytes, typesFile);
  if (object === null) return new SystemError("parsing the programs", libbpf.errorName());
  const links: BpfLink[] = [];
  let outcome: LoadedPrograms | SystemError;
  try {
    const error = configure(libbpf, object, attempt);
    if (error === null) await attempt.maps.giveTo((name) => findMap(libbpf, object, name));
    outcome = error ?? (await attach(libbpf, object, attempt, links));
  } catch (error) {
    unloadPrograms(libbpf, { object, links });
    throw error;
  }
  if (outcome instanceof SystemError) unloadPrograms(libbpf, { object, links });
  return outcome;
}

/** Returns why it cannot be loaded, or null. */
function configure(
  libbpf: Libbpf,
  object: BpfObject,
  { wayIn, fit, options, hasSpares }: Attempt,
): SystemError | null {
  const wanted = programsToAttach(wayIn, { ...options, hasSpares });
  for (const name of ALL_PROGRAMS) {
    const isWanted = wanted.includes(name) || name === SYMBOL_PROGRAM;
    libbpf.setAutoload(findProgram(libbpf, object, name), isWanted);
  }
  for (const name of wanted) {
    const program = findProgram(libbpf, object, name);
    const target = targetOf(name);
    if (target !== undefined) {
      const result = libbpf.setTarget(program, target, fit?.targets.get(target) ?? null);
      if (result < 0) return new SystemError("loading", errorName(-result));
    }
  }
  const initial = encodeOptions({ ...options, hasSpares, asksForReports: asksForReports(fit) });
  libbpf.setInitialValue(findMap(libbpf, object, ".rodata.options"), initial);
  libbpf.setAutocreate(findMap(libbpf, object, "calls"), wayIn === "kprobe");
  return null;
}

/** Pushes to `links`, also when it fails in the end. */
async function attach(
  libbpf: Libbpf,
  object: BpfObject,
  { wayIn, fit, options, hasSpares }: Attempt,
  links: BpfLink[],
): Promise<LoadedPrograms | SystemError> {
  const result = await libbpf.load(object);
  if (result < 0) return new SystemError("loading", errorName(-result));
  const attached = programsToAttach(wayIn, { ...options, hasSpares });
  for (const name of attached) {
    const program = findProgram(libbpf, object, name);
    const link =
      targetOf(name) === undefined ? libbpf.attach(program) : libbpf.attachTyped(program);
    if (link === null) return new SystemError("attaching", libbpf.errorName());
    links.push(link);
  }
  const fdOf = (name: string): number => libbpf.programFd(findProgram(libbpf, object, name));
  const withSpare = (name: string): AttachedProgram => {
    const spare = spareOf(name);
    return { fd: fdOf(name), spareFd: attached.includes(spare) ? fdOf(spare) : null };
  };
  return {
    wayIn,
    object,
    links,
    checking: checkPrograms(wayIn, options).map(withSpare),
    following: FOLLOWING.map(withSpare),
    symbolProgram: fdOf(SYMBOL_PROGRAM),
    asksForReports: asksForReports(fit),
    isFitted: fit !== null,
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
