// SPDX-License-Identifier: Apache-2.0
import { decodeTerminatedText, decodeText } from "../bytes.ts";
import type { CheckRecord, ImageRecord, LostCounters } from "./observation.ts";

/** The structures of bpf/capability-trace.h. The machine is little endian. */
export const SIZES = {
  options: 8,
  switches: 8,
  followed: 8,
  image: 1592,
  imageId: 4,
  checkKey: 16,
  checkCounters: 32,
  stack: 384,
  stackId: 4,
  sampleKey: 8,
  sampleCount: 8,
  state: 48,
  symbolTable: 9216,
} as const;

/** Addresses that are named at once. */
export const SYMBOL_COUNT = 128;
const SYMBOL_LENGTH = 64;

/** The programs give out the ids from here on. */
export const FIRST_KERNEL_IMAGE = 0x10000;

const COMM = 40;
const EXE = 56;
const ARGV = 568;
const IMAGE_EXEC_SEEN = 1;
const IMAGE_EXIT_SEEN = 2;
const IMAGE_ARGV_READ = 4;

const CHECK_GRANTED = 1;
const CHECK_OWN_NAMESPACE = 2;
const CHECK_BORROWED_CREDENTIALS = 4;
const CHECK_SILENT = 8;
const CHECK_SILENT_KNOWN = 16;

export function encodeOptions(scope: "tree" | "everything"): Uint8Array {
  return new Uint8Array(new Uint32Array([scope === "everything" ? 1 : 0, 0]).buffer);
}

/** Tells the programs to ask the leading thread of a process whether a thread is followed. */
export function encodeSwitches(askLeader: boolean): Uint8Array {
  return new Uint8Array(new Uint32Array([askLeader ? 1 : 0, 0]).buffer);
}

/** What a task carries that belongs to the process after which the image is named. */
export function encodeFollowed(image: number): Uint8Array {
  return new Uint8Array(new Uint32Array([image, 1]).buffer);
}

/** Key of an image. */
export function encodeId(id: number): Uint8Array {
  return new Uint8Array(new Uint32Array([id]).buffer);
}

/** Id of an image or of a stack. */
export function decodeId(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(0, true);
}

export interface NewImage {
  readonly startNs: number;
  readonly pid: number;
  readonly parentPid: number;
  readonly tasks: number;
  readonly comm: Uint8Array;
}

/** An image of which no exec was seen. */
export function encodeImage(image: NewImage): Uint8Array {
  const bytes = new Uint8Array(SIZES.image);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(image.startNs), true);
  view.setUint32(16, image.pid, true);
  view.setUint32(20, image.parentPid, true);
  view.setInt32(24, image.tasks, true);
  bytes.set(image.comm.subarray(0, EXE - COMM - 1), COMM);
  return bytes;
}

/** The image with so many tasks more. */
export function addTasks(image: Uint8Array, count: number): void {
  const view = viewOf(image);
  view.setInt32(24, view.getInt32(24, true) + count, true);
}

export function decodeImage(id: number, bytes: Uint8Array): ImageRecord {
  const view = viewOf(bytes);
  const flags = view.getUint32(32, true);
  const status = view.getUint32(28, true);
  const hasExited = (flags & IMAGE_EXIT_SEEN) !== 0;
  const signal = status & 0x7f;
  const argvSize = view.getUint32(36, true);
  return {
    id,
    pid: view.getUint32(16, true),
    parentPid: view.getUint32(20, true),
    startNs: Number(view.getBigUint64(0, true)),
    endNs: Number(view.getBigUint64(8, true)),
    comm: decodeTerminatedText(bytes.subarray(COMM, EXE)),
    exe: (flags & IMAGE_EXEC_SEEN) === 0 ? null : decodeTerminatedText(bytes.subarray(EXE, ARGV)),
    argv: (flags & IMAGE_ARGV_READ) === 0 ? null : decodeArguments(bytes.subarray(ARGV), argvSize),
    exitCode: hasExited && signal === 0 ? (status >> 8) & 0xff : null,
    exitSignal: hasExited && signal !== 0 ? signal : null,
  };
}

/** The arguments of which the end is there too. */
function decodeArguments(bytes: Uint8Array, size: number): string[] {
  const argv: string[] = [];
  const limit = Math.min(size, bytes.length);
  for (let start = 0; start < limit;) {
    const end = bytes.indexOf(0, start);
    if (end === -1 || end >= limit) break;
    argv.push(decodeText(bytes, start, end));
    start = end + 1;
  }
  return argv;
}

/** A row of the map of checks; `row` is what its stack samples are filed under. */
export function decodeCheck(
  key: Uint8Array,
  counters: Uint8Array,
): { readonly row: number; readonly check: Omit<CheckRecord, "stacks"> } {
  const keyView = viewOf(key);
  const view = viewOf(counters);
  const syscall = keyView.getInt32(8, true);
  const flags = keyView.getUint16(14, true);
  return {
    row: view.getUint32(24, true),
    check: {
      image: keyView.getUint32(0, true),
      capability: keyView.getUint16(12, true),
      granted: (flags & CHECK_GRANTED) !== 0,
      syscall: syscall < 0 ? null : syscall,
      targetNamespace: keyView.getUint32(4, true),
      ownNamespace: (flags & CHECK_OWN_NAMESPACE) !== 0,
      borrowedCredentials: (flags & CHECK_BORROWED_CREDENTIALS) !== 0,
      silent: (flags & CHECK_SILENT_KNOWN) === 0 ? null : (flags & CHECK_SILENT) !== 0,
      count: Number(view.getBigUint64(0, true)),
      firstNs: Number(view.getBigUint64(8, true)),
      lastNs: Number(view.getBigUint64(16, true)),
    },
  };
}

/** How often a stack was seen in a row. */
export function decodeSample(
  key: Uint8Array,
  value: Uint8Array,
): { readonly row: number; readonly stack: number; readonly count: number } {
  const view = viewOf(key);
  return {
    row: view.getUint32(0, true),
    stack: view.getUint32(4, true),
    count: Number(viewOf(value).getBigUint64(0, true)),
  };
}

/** Return addresses, innermost first. */
export function decodeStack(bytes: Uint8Array): bigint[] {
  const view = viewOf(bytes);
  const addresses: bigint[] = [];
  for (let at = 0; at < bytes.length; at += 8) {
    const address = view.getBigUint64(at, true);
    if (address === 0n) break;
    addresses.push(address);
  }
  return addresses;
}

/** The table that asks for the names of at most SYMBOL_COUNT addresses. */
export function encodeAddresses(addresses: readonly bigint[]): Uint8Array {
  const table = new Uint8Array(SIZES.symbolTable);
  const view = new DataView(table.buffer);
  for (const [at, address] of addresses.entries()) view.setBigUint64(at * 8, address, true);
  return table;
}

/** Names of the first `count` addresses of the table; null for one that lies in no function. */
export function decodeSymbols(table: Uint8Array, count: number): (string | null)[] {
  return Array.from({ length: count }, (_, at) => {
    const start = SYMBOL_COUNT * 8 + at * SYMBOL_LENGTH;
    const text = decodeTerminatedText(table.subarray(start, start + SYMBOL_LENGTH));
    // The kernel prints the address where it knows no function, and the module behind a blank.
    return text === "" || text.startsWith("0x") ? null : text.replace(/ .*/, "");
  });
}

export interface TraceState {
  readonly lost: LostCounters;
  /** Without the tasks that user space followed by itself. */
  readonly liveTasks: number;
}

export function decodeState(bytes: Uint8Array): TraceState {
  const view = viewOf(bytes);
  const lost = (at: number): number => Number(view.getBigUint64(at, true));
  return {
    lost: { checks: lost(0), stacks: lost(8), images: lost(16) },
    liveTasks: Number(view.getBigInt64(24, true)),
  };
}

/** Runs that were left out because the program was already running on that CPU. */
export function decodeMissedRuns(programInfo: Uint8Array): number {
  return Number(viewOf(programInfo).getBigUint64(RECURSION_MISSES, true));
}

/** As much of struct bpf_prog_info as is read (Linux 5.12). */
export const PROGRAM_INFO_SIZE = 216;
const RECURSION_MISSES = 208;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
