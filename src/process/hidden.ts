// SPDX-License-Identifier: Apache-2.0
import { INITIAL_PID_NAMESPACE, readNamespace } from "../linux/procfs/namespaces.ts";

/** Why some processes are not to be seen at all. */
export interface HiddenProcesses {
  readonly reason: string;
  readonly remedy: string;
}

/** Judges by the pids that /proc shows; null when it shows every process. */
export function findHidden(pids: readonly number[]): HiddenProcesses | null {
  if (pids.length === 0) {
    return { reason: "/proc is not mounted or not readable", remedy: "mount /proc" };
  }
  if (!pids.includes(1)) {
    const reason = "/proc hides the processes of other users (hidepid)";
    return { reason, remedy: "run as root" };
  }
  const namespace = readNamespace("self", "pid");
  if (namespace === null || namespace === INITIAL_PID_NAMESPACE) return null;
  return {
    reason: "this PID namespace does not show the processes outside it",
    remedy: "run in the host's PID namespace",
  };
}
