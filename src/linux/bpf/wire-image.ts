// SPDX-License-Identifier: Apache-2.0
import { decodeTerminatedText, decodeText, viewOf } from "../bytes.ts";
import type { ImageRecord } from "./observation.ts";
import { SIZES } from "./wire-format.ts";

const COMM = 48;
const EXE = 64;
const ARGV = 576;
const IMAGE_EXEC_SEEN = 1;
const IMAGE_EXIT_SEEN = 2;
const IMAGE_ARGV_READ = 4;
const IMAGE_ATTACHED = 8;

/** What a task carries that belongs to the process after which the image is named. */
export function encodeFollowed(image: number): Uint8Array {
  const bytes = new Uint8Array(SIZES.followed);
  bytes.set(new Uint8Array(new Uint32Array([image, 1]).buffer));
  return bytes;
}

export interface NewImage {
  readonly startNs: number;
  readonly pid: number;
  readonly parentPid: number;
  readonly tasks: number;
  readonly comm: Uint8Array;
  readonly isAttached: boolean;
}

/** An image of which no exec was seen. */
export function encodeImage(image: NewImage): Uint8Array {
  const bytes = new Uint8Array(SIZES.image);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(image.startNs), true);
  view.setUint32(24, image.pid, true);
  view.setUint32(28, image.parentPid, true);
  view.setInt32(32, image.tasks, true);
  view.setUint32(40, image.isAttached ? IMAGE_ATTACHED : 0, true);
  bytes.set(image.comm.subarray(0, EXE - COMM - 1), COMM);
  return bytes;
}

/** The image with so many tasks more. */
export function addTasks(image: Uint8Array, count: number): void {
  const view = viewOf(image);
  view.setInt32(32, view.getInt32(32, true) + count, true);
}

export function decodeImage(id: number, bytes: Uint8Array): ImageRecord {
  const view = viewOf(bytes);
  const flags = view.getUint32(40, true);
  const status = view.getUint32(36, true);
  const hasExited = (flags & IMAGE_EXIT_SEEN) !== 0;
  const signal = status & 0x7f;
  const argvSize = view.getUint32(44, true);
  return {
    id,
    origin: originOf(flags),
    pid: view.getUint32(24, true),
    parentPid: view.getUint32(28, true),
    startNs: Number(view.getBigUint64(0, true)),
    endNs: Number(view.getBigUint64(8, true)),
    comm: decodeTerminatedText(bytes.subarray(COMM, EXE)),
    exe: (flags & IMAGE_EXEC_SEEN) === 0 ? null : decodeTerminatedText(bytes.subarray(EXE, ARGV)),
    argv: (flags & IMAGE_ARGV_READ) === 0 ? null : decodeArguments(bytes.subarray(ARGV), argvSize),
    exitCode: hasExited && signal === 0 ? (status >> 8) & 0xff : null,
    exitSignal: hasExited && signal !== 0 ? signal : null,
  };
}

/** Nanoseconds of the boot clock at which the image's process was made; 0 where it is not known. */
export function decodeTaskStart(image: Uint8Array): number {
  return Number(viewOf(image).getBigUint64(16, true));
}

/** What tells whether an image can be forgotten; much cheaper than all of it. */
export function decodeImageEnd(image: Uint8Array): {
  readonly endNs: number;
  readonly pid: number;
  readonly isAttached: boolean;
} {
  const view = viewOf(image);
  return {
    endNs: Number(view.getBigUint64(8, true)),
    pid: view.getUint32(24, true),
    isAttached: originOf(view.getUint32(40, true)) === "attached",
  };
}

function originOf(flags: number): ImageRecord["origin"] {
  if ((flags & IMAGE_EXEC_SEEN) !== 0) return "exec";
  return (flags & IMAGE_ATTACHED) === 0 ? "held" : "attached";
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
