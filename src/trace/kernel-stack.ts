// SPDX-License-Identifier: Apache-2.0

/** Functions between cap_capable() and the one that really asked; kernel/capability.c and others. */
const WRAPPERS = new Set([
  "cap_capable",
  "security_capable",
  "capable",
  "capable_noaudit",
  "ns_capable",
  "ns_capable_common",
  "ns_capable_noaudit",
  "ns_capable_setid",
  "has_capability",
  "has_capability_noaudit",
  "has_ns_capability",
  "has_ns_capability_noaudit",
  "capable_wrt_inode_uidgid",
  "privileged_wrt_inode_uidgid",
  "inode_owner_or_capable",
  "file_owner_or_capable",
  "ptracer_capable",
  "checkpoint_restore_ns_capable_noaudit",
  "file_ns_capable",
  "sk_capable",
  "sk_ns_capable",
  "sk_net_capable",
  "sockopt_capable",
  "sockopt_ns_capable",
  "netlink_capable",
  "netlink_ns_capable",
  "__netlink_ns_capable",
  "netlink_net_capable",
  "bpf_token_capable",
  "bpf_ns_capable",
  "bpf_capable",
  "perfmon_capable",
  "checkpoint_restore_ns_capable",
  "ptrace_has_cap",
]);

/** What observes the check: the tracepoint's own functions and programs of the kernel's BPF. */
const OBSERVERS =
  /^(?:trace_cap_capable|trace_call_bpf|__traceiter_.*|__bpf_trace_.*|bpf_trace_run.*|bpf_trampoline_.*|bpf_prog_[0-9a-f]{16}.*|bpf_get_stack.*)$/;

const SILENT_WRAPPERS = [
  "capable_noaudit",
  "ns_capable_noaudit",
  "has_capability_noaudit",
  "has_ns_capability_noaudit",
];

/** Copies that the compiler made have a suffix: "rtnl_get_net.constprop.0", "f.isra.0", "f.cold". */
export function sourceNames(frames: readonly string[]): readonly string[] {
  return frames.map((frame) => frame.split(".")[0] ?? frame);
}

/** The functions from the innermost on that is no wrapper. */
export function askersOf(frames: readonly string[]): readonly string[] {
  const at = frames.findIndex((frame) => !WRAPPERS.has(frame) && !OBSERVERS.test(frame));
  return at === -1 ? [] : frames.slice(at);
}

/** The innermost function that is no wrapper. */
export function gateOf(frames: readonly string[]): string | null {
  return askersOf(frames)[0] ?? null;
}

/** Whether the check was made by a function that asks without audit. */
export function asksSilently(frames: readonly string[]): boolean {
  return frames.some((frame) => SILENT_WRAPPERS.includes(frame));
}

/**
 * True when one of the functions is on the stack. Entries of system calls are named "sys_bpf",
 * whatever prefix the architecture gives them.
 */
export function passesThrough(frames: readonly string[], functions: readonly string[]): boolean {
  return frames.some((frame) => functions.includes(frame) || functions.includes(entryName(frame)));
}

/** True when the innermost function that is no wrapper is one of these. */
export function asksAt(frames: readonly string[], functions: readonly string[]): boolean {
  const gate = gateOf(frames);
  return gate !== null && passesThrough([gate], functions);
}

function entryName(frame: string): string {
  return frame.replace(/^__(?:x64|arm64|ia32|riscv|s390x|se|do)_sys_/, "sys_");
}
