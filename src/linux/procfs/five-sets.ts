// SPDX-License-Identifier: Apache-2.0
import type { FiveSets } from "../../capabilities/credentials.ts";
import { SystemError, UnsupportedError } from "../../errors.ts";
import { INITIAL_USER_NAMESPACE, readNamespace } from "./namespaces.ts";
import { readProcessStatus } from "./task.ts";

/** The sets of a process's leading thread, and what else decides on their meaning. */
export interface ProcessSets {
  readonly comm: string;
  readonly noNewPrivs: boolean | null;
  /** Null when its user namespace could not be read. */
  readonly childUserNamespace: boolean | null;
  readonly sets: FiveSets;
}

/** Reads them. Throws UnsupportedError where there is no such process, or no /proc. */
export function readSets(pid: number): ProcessSets {
  const result = readProcessStatus(pid);
  if (result.kind === "denied") throw new SystemError(`reading /proc/${pid}/status`, "EACCES");
  if (result.kind !== "status") {
    if (readProcessStatus("self").kind !== "status") {
      throw new UnsupportedError("reading /proc: it is not there", { hint: "mount /proc" });
    }
    throw new UnsupportedError(`reading /proc/${pid}/status: there is no process ${pid}`);
  }
  const { comm, noNewPrivs, ...sets } = result.status;
  const inode = readNamespace(pid, "user");
  return {
    comm,
    noNewPrivs,
    childUserNamespace: inode === null ? null : inode !== INITIAL_USER_NAMESPACE,
    sets,
  };
}
