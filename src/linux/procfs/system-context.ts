// SPDX-License-Identifier: Apache-2.0
import { readText, textOrNull } from "./read-text.ts";

/** Settings because of which the kernel asks for a capability, by dotted name. */
export const CONTEXT_SYSCTLS = [
  "dev.tty.ldisc_autoload",
  "dev.tty.legacy_tiocsti",
  "fs.mqueue.msg_max",
  "fs.pipe-max-size",
  "fs.protected_hardlinks",
  "fs.protected_symlinks",
  "fs.suid_dumpable",
  "kernel.dmesg_restrict",
  "kernel.io_uring_disabled",
  "kernel.kptr_restrict",
  "kernel.modules_disabled",
  "kernel.perf_event_paranoid",
  "kernel.unprivileged_bpf_disabled",
  "kernel.unprivileged_userns_clone",
  "kernel.yama.ptrace_scope",
  "net.core.bpf_jit_enable",
  "net.core.bpf_jit_harden",
  "net.core.bpf_jit_kallsyms",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "vm.mmap_min_addr",
  "vm.overcommit_memory",
  "vm.unprivileged_userfaultfd",
] as const;

const LOCKDOWN_LEVELS = ["none", "integrity", "confidentiality"] as const;

/** Settings of the running system, as they are now; those of net are this network namespace's. */
export interface SystemContextRecord {
  /** Null where this kernel has none, or hides it. */
  readonly sysctls: Readonly<Record<string, string | null>>;
  /** In the kernel's order; null where securityfs is not mounted or not readable. */
  readonly securityModules: readonly string[] | null;
  /** Null where securityfs is not mounted or not readable, or the kernel has no lockdown. */
  readonly lockdown: (typeof LOCKDOWN_LEVELS)[number] | null;
}

/**
 * Reads the settings. Nothing is mounted for it: /proc/PID/attr would name a module that labels
 * processes, but not the others.
 */
export function readSystemContext(): SystemContextRecord {
  return {
    sysctls: Object.fromEntries(CONTEXT_SYSCTLS.map((name) => [name, readSysctl(name)])),
    securityModules: parseSecurityModules(textOrNull(readText("/sys/kernel/security/lsm"))),
    lockdown: parseLockdown(textOrNull(readText("/sys/kernel/security/lockdown"))),
  };
}

/** One name separated from the next by a comma: "lockdown,capability,yama,apparmor". */
export function parseSecurityModules(text: string | null): readonly string[] | null {
  if (text === null) return null;
  return text
    .trim()
    .split(",")
    .filter((name) => name !== "");
}

/** The level in brackets: "none [integrity] confidentiality". */
export function parseLockdown(text: string | null): SystemContextRecord["lockdown"] {
  const level = /\[(\w+)\]/.exec(text ?? "")?.[1];
  return LOCKDOWN_LEVELS.find((each) => each === level) ?? null;
}

function readSysctl(name: string): string | null {
  const text = textOrNull(readText(`/proc/sys/${name.replaceAll(".", "/")}`));
  // Several numbers are separated by tabs.
  return text === null ? null : text.trim().replaceAll(/\s+/g, " ");
}
