// SPDX-License-Identifier: Apache-2.0
import { readdirSync, statSync } from "node:fs";
import { failureOf, type ReadFailure, readText } from "./read-text.ts";
import { parseStatus, type TaskStatus } from "./status.ts";

export type StatusResult =
  | { readonly kind: "status"; readonly status: TaskStatus }
  | { readonly kind: ReadFailure };

/** Reads the status of a process, which is that of its leading thread. */
export function readProcessStatus(pid: number | "self"): StatusResult {
  return readStatus(`/proc/${pid}/status`);
}

/** Reads the status of each thread of a process; threads that end meanwhile are left out. */
export function readThreadStatuses(
  pid: number,
): readonly { readonly tid: number; readonly status: TaskStatus }[] {
  const threads: { tid: number; status: TaskStatus }[] = [];
  for (const name of readTaskNames(pid)) {
    const result = readStatus(`/proc/${pid}/task/${name}/status`);
    if (result.kind === "status") threads.push({ tid: Number(name), status: result.status });
  }
  return threads;
}

/** Owner of the files in /proc/PID: root's when the process is not dumpable (man 5 proc). */
export function readProcOwner(pid: number): number | null {
  try {
    return statSync(`/proc/${pid}/status`).uid;
  } catch (error) {
    failureOf(error);
    return null;
  }
}

function readStatus(path: string): StatusResult {
  const result = readText(path);
  return result.kind === "text" ? { kind: "status", status: parseStatus(result.text) } : result;
}

function readTaskNames(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    failureOf(error);
    return [];
  }
}
