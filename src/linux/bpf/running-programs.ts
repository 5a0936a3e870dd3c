// SPDX-License-Identifier: Apache-2.0
import { readLink, readText, textOrNull } from "../procfs/read-text.ts";
import { parseStat } from "../procfs/socket-holders.ts";
import type { ImageRecord } from "./observation.ts";

/** What a process ran when it was looked at. */
export interface RunningProgram {
  readonly exe: string | null;
  readonly argv: readonly string[] | null;
  /** Hundredths of a second after boot. */
  readonly startTicks: number;
}

const DELETED_SUFFIX = / \(deleted\)$/;
const NS_PER_TICK = 10_000_000;

/** Reads what a process runs; null when it is gone. A kernel thread has no path. */
export function readRunningProgram(pid: number): RunningProgram | null {
  const stat = textOrNull(readText(`/proc/${pid}/stat`));
  if (stat === null) return null;
  const words = textOrNull(readText(`/proc/${pid}/cmdline`));
  const exe = textOrNull(readLink(`/proc/${pid}/exe`))?.replace(DELETED_SUFFIX, "") ?? null;
  return {
    exe,
    argv: words === null || words === "" ? null : words.replace(/\0$/, "").split("\0"),
    startTicks: parseStat(stat).startTime,
  };
}

/**
 * Completes an image of which no exec was seen. `taskStartNs` is when its process was made (boot
 * clock, 0 where not known): the pid may have been another process's when it was looked at.
 */
export function withProgram(
  image: ImageRecord,
  taskStartNs: number,
  program: RunningProgram | null,
): ImageRecord {
  if (program === null) return image;
  const ticks = Math.floor(taskStartNs / NS_PER_TICK);
  if (taskStartNs !== 0 && Math.abs(ticks - program.startTicks) > 1) return image;
  return { ...image, exe: program.exe, argv: program.argv };
}
