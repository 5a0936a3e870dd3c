// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { capabilityNames, includesAll, setOf } from "../../capabilities/set.ts";
import { type SystemError, UnsupportedError } from "../../errors.ts";
import { KERNEL_TYPES } from "../btf/kernel-types.ts";
import { INITIAL_USER_NAMESPACE, readNamespace } from "../procfs/namespaces.ts";
import { readProcessStatus } from "../procfs/task.ts";
import type { WayIn } from "./observation.ts";

const NEEDED = setOf("bpf", "perfmon");
/** Stands for both. */
const ADMIN = setOf("sys_admin");

/** Why a way in is closed. */
export interface Refusal {
  readonly wayIn: WayIn;
  readonly error: SystemError;
}

/** Throws UnsupportedError, with the remedy, where the kernel or the privileges cannot do at all. */
export function requirePrivileges(): void {
  if (!existsSync(KERNEL_TYPES)) {
    throw new UnsupportedError(`${KERNEL_TYPES} is not there`, {
      hint: "the kernel must be built with CONFIG_DEBUG_INFO_BTF",
    });
  }
  const self = readProcessStatus("self");
  if (self.kind !== "status") return;
  const { effective } = self.status;
  if (includesAll(effective, NEEDED) || includesAll(effective, ADMIN)) return;
  const missing = capabilityNames(NEEDED & ~effective).join(", ");
  throw new UnsupportedError(`following capability checks needs privileges: ${missing}`, {
    hint: "run it as root, or with CAP_BPF and CAP_PERFMON",
  });
}

/** That every way in is closed, and why. */
export function unsupported(refusals: readonly Refusal[]): UnsupportedError {
  const reasons = refusals.map(({ wayIn, error }) => `${wayIn}: ${error.message}`).join("; ");
  return new UnsupportedError(`the kernel's cap_capable() cannot be reached (${reasons})`, {
    hint: hintFor(refusals),
  });
}

function hintFor(refusals: readonly Refusal[]): string {
  // What the kernel does not have it does not refuse.
  const tried = refusals.filter(({ error }) => error.code !== "ESRCH" && error.code !== "ENOENT");
  if (tried.length > 0 && tried.every(({ error }) => error.code === "EPERM")) return refusalHint();
  // Debian's and Ubuntu's perf_event_open(2) knows this level, and asks for CAP_SYS_ADMIN there.
  if (refusals.some(({ error }) => error.code === "EACCES")) {
    return "above 2, kernel.perf_event_paranoid leaves kprobes to CAP_SYS_ADMIN";
  }
  return "tp_btf needs Linux 6.14, fexit Linux 5.15, kprobe a kernel with CONFIG_KPROBES";
}

function refusalHint(): string {
  const namespace = readNamespace("self", "user");
  return namespace === null || namespace === INITIAL_USER_NAMESPACE
    ? "lockdown or a security module refuses it (cat /sys/kernel/security/lockdown)"
    : "capabilities of a user namespace do not count for it: run it as root outside of it";
}
