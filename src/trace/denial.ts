// SPDX-License-Identifier: Apache-2.0
import type { Denial, SyscallOutcome } from "./model.ts";

const PERMISSION = new Set(["EPERM", "EACCES"]);
/** Of a call that a signal interrupted; the last four are seen inside the kernel alone. */
const INTERRUPTION = new Set([
  "EINTR",
  "ERESTARTSYS",
  "ERESTARTNOINTR",
  "ERESTARTNOHAND",
  "ERESTART_RESTARTBLOCK",
]);

/** Denied checks in a system call, with the ends of it that were seen. */
export interface DeniedCall {
  readonly outcomes: readonly SyscallOutcome[];
}

/** Judges denials of one capability by how the system calls ended. Null without a denial. */
export function assessDenial(calls: readonly DeniedCall[]): Denial | null {
  if (calls.length === 0) return null;
  const ends = new Set(calls.flatMap(({ outcomes }) => outcomes.map(({ errno }) => kindOf(errno))));
  if (ends.has("permission")) return "failing";
  if (ends.has("success") && ends.has("interrupted")) return "mixed";
  if (calls.some(({ outcomes }) => outcomes.length === 0)) return "inconclusive";
  if (ends.has("success")) return ends.has("other") ? "mixed" : "harmless";
  return ends.has("interrupted") ? "inconclusive" : "not-established";
}

function kindOf(errno: string | null): "success" | "permission" | "interrupted" | "other" {
  if (errno === null) return "success";
  if (PERMISSION.has(errno)) return "permission";
  return INTERRUPTION.has(errno) ? "interrupted" : "other";
}
