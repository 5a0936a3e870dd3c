// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError } from "../../errors.ts";
import { readTaskFacts } from "../ffi/task-calls.ts";
import type { FourIds, TaskStatus } from "../procfs/status.ts";
import { readProcessStatus } from "../procfs/task.ts";

/** What of a status is known without /proc, too. */
export type OwnTask = Pick<
  TaskStatus,
  | "uids"
  | "gids"
  | "permitted"
  | "effective"
  | "inheritable"
  | "bounding"
  | "ambient"
  | "noNewPrivs"
  | "seccomp"
  | "seccompFilters"
>;

/** Reads /proc/self/status; where there is none, asks the kernel by system calls; null for neither. */
export async function readOwnTask(): Promise<OwnTask | null> {
  const result = readProcessStatus("self");
  if (result.kind === "status") return result.status;
  try {
    const facts = await readTaskFacts();
    if (facts === null) return null;
    return {
      ...facts,
      uids: fourIds(facts.uids),
      gids: fourIds(facts.gids),
      seccomp: null,
      seccompFilters: null,
    };
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
}

/** The file system id follows the effective one, but for setfsuid(2), of which nothing tells. */
function fourIds([real = 0, effective = 0, saved = 0]: readonly number[]): FourIds {
  return [real, effective, saved, effective];
}
