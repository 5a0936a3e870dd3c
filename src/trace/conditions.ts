// SPDX-License-Identifier: Apache-2.0
import { asksAt, passesThrough } from "./kernel-stack.ts";
import type { SystemContext } from "./model.ts";

/** A setting of the system that bears on a question of the kernel. */
interface Condition {
  /** One of them is on the stack; null where the capability alone tells. */
  readonly functions: readonly string[] | null;
  /** One of the functions itself asks: they also ask for other reasons further in. */
  readonly innermost?: true;
  readonly capabilities: readonly string[];
  /** Dotted name. */
  readonly setting: string;
  /** It bears from this value on, or with this value alone; null for each value. */
  readonly threshold: Threshold | null;
  /** True when the kernel would not ask there but for the setting. */
  readonly decides: boolean;
  /** Files of the kernel's source, the same in 6.1, 6.12 and 7.3 where nothing else is said. */
  readonly source: string;
  readonly since?: "6.12" | "7.3";
}

type Threshold = { readonly from: number } | { readonly only: number };

/**
 * The settings are documented in Documentation/admin-guide/sysctl/, but for Debian's own. No
 * capability helps against fs.protected_symlinks, fs.protected_regular and fs.protected_fifos.
 */
const CONDITIONS: readonly Condition[] = [
  {
    functions: ["check_syslog_permissions", "do_syslog", "devkmsg_open"],
    capabilities: ["syslog", "sys_admin"],
    setting: "kernel.dmesg_restrict",
    threshold: { only: 1 },
    decides: true,
    source: "kernel/printk/printk.c",
  },
  {
    functions: ["kallsyms_show_value", "restricted_pointer"],
    capabilities: ["syslog"],
    setting: "kernel.kptr_restrict",
    threshold: { only: 1 },
    decides: false,
    source: "kernel/kallsyms.c, kernel/ksyms_common.c, lib/vsprintf.c",
  },
  {
    functions: ["perf_allow_kernel"],
    capabilities: ["perfmon", "sys_admin"],
    setting: "kernel.perf_event_paranoid",
    threshold: { from: 2 },
    decides: true,
    source: "include/linux/perf_event.h, kernel/events/core.c",
  },
  {
    functions: ["perf_allow_cpu"],
    capabilities: ["perfmon", "sys_admin"],
    setting: "kernel.perf_event_paranoid",
    threshold: { from: 1 },
    decides: true,
    source: "include/linux/perf_event.h, kernel/events/core.c",
  },
  {
    functions: ["perf_allow_tracepoint"],
    capabilities: ["perfmon", "sys_admin"],
    setting: "kernel.perf_event_paranoid",
    threshold: { from: 0 },
    decides: true,
    source: "include/linux/perf_event.h, kernel/events/core.c",
  },
  {
    // Where the compiler put the functions above into it, it may ask for other reasons too.
    functions: ["sys_perf_event_open"],
    innermost: true,
    capabilities: ["perfmon", "sys_admin"],
    setting: "kernel.perf_event_paranoid",
    threshold: { from: 1 },
    decides: false,
    source: "include/linux/perf_event.h, kernel/events/core.c",
  },
  {
    functions: ["yama_ptrace_access_check", "yama_ptrace_traceme"],
    capabilities: ["sys_ptrace"],
    setting: "kernel.yama.ptrace_scope",
    threshold: { from: 1 },
    decides: true,
    source: "security/yama/yama_lsm.c",
  },
  {
    functions: ["may_linkat"],
    capabilities: ["fowner", "dac_override", "dac_read_search"],
    setting: "fs.protected_hardlinks",
    threshold: { only: 1 },
    decides: true,
    source: "fs/namei.c",
  },
  {
    functions: ["cap_mmap_addr"],
    capabilities: ["sys_rawio"],
    setting: "vm.mmap_min_addr",
    threshold: { from: 1 },
    decides: true,
    source: "security/commoncap.c",
  },
  {
    functions: ["userfaultfd_syscall_allowed", "sys_userfaultfd"],
    capabilities: ["sys_ptrace"],
    setting: "vm.unprivileged_userfaultfd",
    threshold: { only: 0 },
    decides: true,
    source: "fs/userfaultfd.c, mm/userfaultfd.c",
  },
  {
    functions: ["copy_process", "ksys_unshare"],
    innermost: true,
    capabilities: ["sys_admin"],
    setting: "kernel.unprivileged_userns_clone",
    threshold: { only: 0 },
    decides: true,
    source: "kernel/fork.c, with a patch of Debian",
  },
  {
    functions: ["io_uring_allowed", "io_uring_setup", "sys_io_uring_setup"],
    innermost: true,
    capabilities: ["sys_admin"],
    setting: "kernel.io_uring_disabled",
    threshold: { only: 1 },
    decides: true,
    source: "io_uring/io_uring.c",
    since: "6.12",
  },
  {
    functions: ["tiocsti"],
    capabilities: ["sys_admin"],
    setting: "dev.tty.legacy_tiocsti",
    threshold: { only: 0 },
    decides: true,
    source: "drivers/tty/tty_io.c",
    since: "6.12",
  },
  {
    functions: ["tty_ldisc_get"],
    capabilities: ["sys_module"],
    setting: "dev.tty.ldisc_autoload",
    threshold: { only: 0 },
    decides: true,
    source: "drivers/tty/tty_ldisc.c",
  },
  {
    // Most kinds of programs and maps are for privileged users whatever it says.
    functions: ["map_create", "bpf_prog_load", "__sys_bpf", "sys_bpf"],
    innermost: true,
    capabilities: ["bpf", "sys_admin"],
    setting: "kernel.unprivileged_bpf_disabled",
    threshold: { from: 1 },
    decides: false,
    source: "kernel/bpf/syscall.c",
  },
  {
    functions: null,
    capabilities: ["net_bind_service"],
    setting: "net.ipv4.ip_unprivileged_port_start",
    threshold: { from: 1 },
    decides: false,
    source: "net/ipv4/af_inet.c, net/ipv6/af_inet6.c",
  },
  {
    // Inside these groups an ICMP socket needs no raw socket: net/ipv4/ping.c.
    functions: ["inet_create", "inet6_create"],
    capabilities: ["net_raw"],
    setting: "net.ipv4.ping_group_range",
    threshold: null,
    decides: false,
    source: "net/ipv4/af_inet.c, net/ipv6/af_inet6.c, net/ipv4/ping.c",
  },
  {
    // With 1 no capability helps.
    functions: ["may_init_module", "sys_init_module", "sys_finit_module", "sys_delete_module"],
    capabilities: ["sys_module"],
    setting: "kernel.modules_disabled",
    threshold: { only: 1 },
    decides: false,
    source: "kernel/module/main.c",
  },
  {
    functions: ["mqueue_get_inode"],
    capabilities: ["sys_resource"],
    setting: "fs.mqueue.msg_max",
    threshold: { from: 1 },
    decides: false,
    source: "ipc/mqueue.c",
  },
  {
    functions: ["pipe_set_size", "pipe_fcntl"],
    capabilities: ["sys_resource"],
    setting: "fs.pipe-max-size",
    threshold: { from: 1 },
    decides: false,
    source: "fs/pipe.c",
  },
];

/** A setting that bears on a question. */
export interface BearingCondition {
  /** With its value: "kernel.dmesg_restrict = 1". */
  readonly text: string;
  /** With which values it would not: "a value below 1", "any other value"; null where with none. */
  readonly otherwise: string | null;
  /** True when the kernel would not ask there but for the setting. */
  readonly decides: boolean;
}

/**
 * The settings that bear on a question for a capability from these functions, innermost first, with
 * their present values. A setting that could not be read is none.
 */
export function conditionsOf(
  frames: readonly string[],
  capability: string,
  context: SystemContext,
): readonly BearingCondition[] {
  return CONDITIONS.flatMap((condition) => {
    const { capabilities, setting, threshold, decides } = condition;
    const value = context.sysctls[setting] ?? null;
    if (value === null || !capabilities.includes(capability)) return [];
    if (!isThere(frames, condition) || !bears(threshold, Number(value))) return [];
    const text = `${setting} = ${value}`;
    return [{ text, otherwise: otherwiseOf(threshold), decides }];
  });
}

function bears(threshold: Threshold | null, value: number): boolean {
  if (threshold === null) return true;
  return "from" in threshold ? value >= threshold.from : value === threshold.only;
}

function otherwiseOf(threshold: Threshold | null): string | null {
  if (threshold === null) return null;
  return "from" in threshold ? `a value below ${threshold.from}` : "any other value";
}

function isThere(frames: readonly string[], { functions, innermost }: Condition): boolean {
  if (functions === null) return true;
  return innermost ? asksAt(frames, functions) : passesThrough(frames, functions);
}

/** Dotted names of all of them. */
export const CONDITION_SETTINGS: readonly string[] = [
  ...new Set(CONDITIONS.map(({ setting }) => setting)),
];
