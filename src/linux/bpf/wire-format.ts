// SPDX-License-Identifier: Apache-2.0
import { encodeText, viewOf } from "../bytes.ts";
import type { FollowScope, LostCounters } from "./observation.ts";

/** The structures of bpf/capability-trace.h. The machine is little endian. */
export const SIZES = {
  options: 296,
  followed: 144,
  image: 1600,
  imageId: 4,
  checkKey: 24,
  checkCounters: 80,
  stack: 384,
  stackId: 4,
  sampleKey: 8,
  sampleCount: 8,
  state: 48,
  userStack: 512,
  credentials: 64,
  credentialsNote: 16,
  outcome: 32,
  outcomeCount: 8,
  symbolTable: 2304,
} as const;

/** Ids of kernel stacks are below it, those of user stacks from here on. */
export const FIRST_USER_STACK = 0x40000000;

/** The programs give out the ids from here on. */
export const FIRST_KERNEL_IMAGE = 0x10000;

/** Hierarchies of control groups in the order of their numbers. */
const HIERARCHIES = [
  "unified",
  "pids",
  "memory",
  "devices",
  "cpu",
  "cpuacct",
  "freezer",
  "blkio",
  "cpuset",
] as const;

const GROUP_NAME = 40;
const GROUP_NAME_LENGTH = 256;

const SCOPES = { tree: 0, everything: 1, cgroup: 2 } as const;

/** Set before the load; `beganNs` is of the boot clock. Throws for a hierarchy that has no number. */
export function encodeOptions(options: {
  readonly scope: FollowScope;
  readonly beganNs: number;
  readonly watchesExits: boolean;
  readonly asksLeader: boolean;
  readonly asksForReports: boolean;
  readonly hasSpares: boolean;
}): Uint8Array {
  const { scope } = options;
  const bytes = new Uint8Array(SIZES.options);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, SCOPES[scope.kind], true);
  if (scope.kind === "cgroup") {
    const hierarchy = HIERARCHIES.findIndex((name) => name === scope.group.hierarchy);
    if (hierarchy === -1) throw new Error(`no control groups of ${scope.group.hierarchy}`);
    view.setUint32(4, hierarchy, true);
    view.setBigUint64(8, scope.group.id, true);
    bytes.set(encodeText(scope.child ?? "").subarray(0, GROUP_NAME_LENGTH - 1), GROUP_NAME);
  }
  view.setBigUint64(16, BigInt(options.beganNs), true);
  view.setUint32(24, options.watchesExits ? 1 : 0, true);
  view.setUint32(28, options.asksLeader ? 1 : 0, true);
  view.setUint32(32, options.asksForReports ? 1 : 0, true);
  view.setUint32(36, options.hasSpares ? 1 : 0, true);
  return bytes;
}

/** Key of an image. */
export function encodeId(id: number): Uint8Array {
  return new Uint8Array(new Uint32Array([id]).buffer);
}

/** Id of an image or of a stack. */
export function decodeId(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(0, true);
}

export interface TraceState {
  readonly lost: LostCounters;
  /** Without the tasks that user space followed by itself. */
  readonly liveTasks: number;
  /** Rows of checks, and stacks, that were given a number so far. They wrap around at 2^32. */
  readonly rowsMade: number;
  readonly stacksMade: number;
  /** So many images were made in the kernel. */
  readonly images: number;
}

export function decodeState(bytes: Uint8Array): TraceState {
  const view = viewOf(bytes);
  const lost = (at: number): number => Number(view.getBigUint64(at, true));
  return {
    lost: { checks: lost(0), stacks: lost(8), images: lost(16) },
    liveTasks: Number(view.getBigInt64(24, true)),
    images: view.getUint32(32, true),
    rowsMade: view.getUint32(36, true),
    stacksMade: view.getUint32(40, true),
  };
}

/** Runs, for any task, that were left out because the program was already running on that CPU. */
export function decodeMissedRuns(programInfo: Uint8Array): number {
  return Number(viewOf(programInfo).getBigUint64(RECURSION_MISSES, true));
}

/** As much of struct bpf_prog_info as is read (Linux 5.12). */
export const PROGRAM_INFO_SIZE = 216;
const RECURSION_MISSES = 208;
