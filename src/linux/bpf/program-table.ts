// SPDX-License-Identifier: Apache-2.0
import { ATTACH_TYPE, type TypedTarget } from "../ffi/libbpf-targets.ts";
import type { FollowScope, WayIn } from "./observation.ts";

/** The programs of each way in; those that follow tasks come with every one. */
const PROGRAMS: Readonly<Record<WayIn, readonly string[]>> = {
  tp_btf: ["trace_cap_capable"],
  fexit: ["trace_cap_capable_exit"],
  kprobe: ["trace_cap_capable_call", "trace_cap_capable_return"],
};

/** The same for a tree whose tasks are all known: they cost the others less. */
const TREE_PROGRAMS: Readonly<Record<WayIn, readonly string[]>> = {
  ...PROGRAMS,
  tp_btf: ["trace_cap_capable_tree"],
  fexit: ["trace_cap_capable_exit_tree"],
};

/** Those that see the checks. `asksLeader`: not all tasks of a tree are known. */
export function checkPrograms(
  wayIn: WayIn,
  { scope, asksLeader }: { readonly scope: FollowScope; readonly asksLeader: boolean },
): readonly string[] {
  return (scope.kind === "tree" && !asksLeader ? TREE_PROGRAMS : PROGRAMS)[wayIn];
}

export const FOLLOWING = ["handle_fork", "handle_exec", "handle_exit"];

/** Sees the end of every system call of the machine: for kernels where a task cannot be asked. */
export const EXIT_WATCHER = "handle_syscall_exit";

/** Names kernel addresses when it is run. */
export const SYMBOL_PROGRAM = "name_symbols";

export const ALL_PROGRAMS = [
  ...FOLLOWING,
  EXIT_WATCHER,
  ...new Set([PROGRAMS, TREE_PROGRAMS].flatMap((each) => Object.values(each).flat())),
  SYMBOL_PROGRAM,
];

/** The maps that are the same whatever is followed, and by which way in. */
export const MAPS = [
  "followed",
  "images",
  "credentials",
  "checks",
  "samples",
  "stacks",
  "user_stacks",
  "outcomes",
  "reports",
  "symbols",
  "image_scratch",
  "stack_scratch",
  "user_stack_scratch",
];

/** The other ones. */
export const UNSHARED_MAPS = ["calls", ".bss", ".rodata", ".rodata.options"];

const TRACEPOINT = tracepoint("cap_capable");
const EXIT: TypedTarget = { attachType: ATTACH_TYPE.functionExit, name: "cap_capable" };

/** What the programs are attached to that are in sections "typed/..."; the others' sections say it. */
export const TARGETS: Readonly<Record<string, TypedTarget>> = {
  handle_fork: tracepoint("task_newtask"),
  handle_exec: tracepoint("sched_process_exec"),
  handle_exit: tracepoint("sched_process_exit"),
  handle_syscall_exit: tracepoint("sys_exit"),
  trace_cap_capable: TRACEPOINT,
  trace_cap_capable_tree: TRACEPOINT,
  trace_cap_capable_exit: EXIT,
  trace_cap_capable_exit_tree: EXIT,
};

function tracepoint(name: string): TypedTarget {
  return { attachType: ATTACH_TYPE.tracepoint, name };
}

/** The kernel's types whose members the programs read, as bpf/vmlinux-subset.h has them. */
export const READ_TYPES = [
  "thread_info",
  "pt_regs",
  "user_pt_regs",
  "ns_common",
  "user_namespace",
  "cred",
  "kernfs_node",
  "cgroup_subsys_state",
  "cgroup",
  "css_set",
  "cgroup_subsys_id",
  "signal_struct",
  "rw_semaphore",
  "mm_struct",
  "task_struct",
  "linux_binprm",
];

/**
 * The function by which a task is asked for a report, under the names that it has in Linux 7.0 and in
 * 6.18. In 7.0 the second is there too, with another type.
 */
export const REPORT_FUNCTIONS = [
  "bpf_task_work_schedule_resume",
  "bpf_task_work_schedule_resume_impl",
];

/** What stands for its number in the object files; bpf/outcomes.bpf.h. */
export const REPORT_PLACEHOLDER = 0x7265706f;
