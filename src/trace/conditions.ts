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
  /** Whether it bears with this value. */
  readonly bears: (value: number) => boolean;
  /** True when the kernel would not ask there but for the setting. */
  readonly decides: boolean;
}

const atLeast =
  (least: number) =>
  (value: number): boolean =>
    value >= least;
const exactly =
  (wanted: number) =>
  (value: number): boolean =>
    value === wanted;

/** Linux 6.18; the last but Debian's are documented in Documentation/admin-guide/sysctl/. */
const CONDITIONS: readonly Condition[] = [
  {
    functions: ["check_syslog_permissions", "do_syslog", "devkmsg_open"],
    capabilities: ["syslog", "sys_admin"],
    setting: "kernel.dmesg_restrict",
    bears: exactly(1),
    decides: true,
  },
  {
    functions: ["kallsyms_show_value", "restricted_pointer"],
    capabilities: ["syslog"],
    setting: "kernel.kptr_restrict",
    bears: exactly(1),
    decides: false,
  },
  {
    functions: ["perf_allow_kernel"],
    capabilities: ["perfmon", "sys_admin"],
    setting: "kernel.perf_event_paranoid",
    bears: atLeast(2),
    decides: true,
  },
  {
    functions: ["perf_allow_cpu"],
    capabilities: ["perfmon", "sys_admin"],
    setting: "kernel.perf_event_paranoid",
    bears: atLeast(1),
    decides: true,
  },
  {
    functions: ["perf_allow_tracepoint"],
    capabilities: ["perfmon", "sys_admin"],
    setting: "kernel.perf_event_paranoid",
    bears: atLeast(0),
    decides: true,
  },
  {
    // Where the compiler put the functions above into it, it may ask for other reasons too.
    functions: ["sys_perf_event_open"],
    innermost: true,
    capabilities: ["perfmon", "sys_admin"],
    setting: "kernel.perf_event_paranoid",
    bears: atLeast(1),
    decides: false,
  },
  {
    functions: ["yama_ptrace_access_check", "yama_ptrace_traceme"],
    capabilities: ["sys_ptrace"],
    setting: "kernel.yama.ptrace_scope",
    bears: atLeast(1),
    decides: true,
  },
  {
    functions: ["may_linkat"],
    capabilities: ["fowner", "dac_override", "dac_read_search"],
    setting: "fs.protected_hardlinks",
    bears: exactly(1),
    decides: true,
  },
  {
    functions: ["cap_mmap_addr"],
    capabilities: ["sys_rawio"],
    setting: "vm.mmap_min_addr",
    bears: atLeast(1),
    decides: true,
  },
  {
    functions: ["userfaultfd_syscall_allowed", "sys_userfaultfd"],
    capabilities: ["sys_ptrace"],
    setting: "vm.unprivileged_userfaultfd",
    bears: exactly(0),
    decides: true,
  },
  {
    functions: ["copy_process", "ksys_unshare"],
    innermost: true,
    capabilities: ["sys_admin"],
    setting: "kernel.unprivileged_userns_clone",
    bears: exactly(0),
    decides: true,
  },
  {
    functions: ["io_uring_allowed", "io_uring_setup", "sys_io_uring_setup"],
    innermost: true,
    capabilities: ["sys_admin"],
    setting: "kernel.io_uring_disabled",
    bears: exactly(1),
    decides: true,
  },
  {
    functions: ["tiocsti"],
    capabilities: ["sys_admin"],
    setting: "dev.tty.legacy_tiocsti",
    bears: exactly(0),
    decides: true,
  },
  {
    functions: ["tty_ldisc_get"],
    capabilities: ["sys_module"],
    setting: "dev.tty.ldisc_autoload",
    bears: exactly(0),
    decides: true,
  },
  {
    // Most kinds of programs and maps are for privileged users whatever it says.
    functions: ["map_create", "bpf_prog_load", "__sys_bpf", "sys_bpf"],
    innermost: true,
    capabilities: ["bpf", "sys_admin"],
    setting: "kernel.unprivileged_bpf_disabled",
    bears: atLeast(1),
    decides: false,
  },
  {
    functions: null,
    capabilities: ["net_bind_service"],
    setting: "net.ipv4.ip_unprivileged_port_start",
    bears: atLeast(1),
    decides: false,
  },
  {
    // With 1 no capability helps.
    functions: ["may_init_module", "sys_init_module", "sys_finit_module", "sys_delete_module"],
    capabilities: ["sys_module"],
    setting: "kernel.modules_disabled",
    bears: exactly(1),
    decides: false,
  },
  {
    functions: ["mqueue_get_inode"],
    capabilities: ["sys_resource"],
    setting: "fs.mqueue.msg_max",
    bears: atLeast(1),
    decides: false,
  },
  {
    functions: ["pipe_set_size", "pipe_fcntl"],
    capabilities: ["sys_resource"],
    setting: "fs.pipe-max-size",
    bears: atLeast(1),
    decides: false,
  },
];

/** A setting that bears on a question, with its value: "kernel.dmesg_restrict = 1". */
export interface BearingCondition {
  readonly text: string;
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
    const { capabilities, setting, bears, decides } = condition;
    const value = context.sysctls[setting] ?? null;
    if (value === null || !capabilities.includes(capability)) return [];
    if (!isThere(frames, condition) || !bears(Number(value))) return [];
    return [{ text: `${setting} = ${value}`, decides }];
  });
}

function isThere(frames: readonly string[], { functions, innermost }: Condition): boolean {
  if (functions === null) return true;
  return innermost ? asksAt(frames, functions) : passesThrough(frames, functions);
}

/** Dotted names of all of them. */
export const CONDITION_SETTINGS: readonly string[] = [
  ...new Set(CONDITIONS.map(({ setting }) => setting)),
];
