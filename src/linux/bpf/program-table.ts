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

export interface ProgramChoice {
  readonly scope: FollowScope;
  /** Not all tasks of a tree are known. */
  readonly asksLeader: boolean;
}

/** Those that see the checks. */
export function checkPrograms(
  wayIn: WayIn,
  { scope, asksLeader }: ProgramChoice,
): readonly string[] {
  return (scope.kind === "tree" && !asksLeader ? TREE_PROGRAMS : PROGRAMS)[wayIn];
}

export const FOLLOWING = ["handle_fork", "handle_exec", "handle_exit"];

/**
 * Name of the program that does the work of another one where the kernel leaves that out;
 * bpf/spares.bpf.h.
 */
export function spareOf(name: string): string {
  return `${name}_spare`;
}

const HAS_SPARE = [...FOLLOWING, ...typed(PROGRAMS), ...typed(TREE_PROGRAMS)];

/** A kprobe is not interrupted by another task. */
function typed(programs: Readonly<Record<WayIn, readonly string[]>>): readonly string[] {
  return [...programs.tp_btf, ...programs.fexit];
}

/**
 * The programs of a way in, in the order in which they are attached: the one that counts is the last to
 * come. A spare is called after the one that it stands in for: the kernel calls what is attached to a
 * tracepoint in that order, and what is attached to a function's end the other way around.
 */
export function programsToAttach(
  wayIn: WayIn,
  options: ProgramChoice & { readonly watchesExits: boolean; readonly hasSpares: boolean },
): readonly string[] {
  const others = options.watchesExits ? [...FOLLOWING, EXIT_WATCHER] : FOLLOWING;
  const all = [...others, ...checkPrograms(wayIn, options).toReversed()];
  return all.flatMap((name) => {
    if (!options.hasSpares || !HAS_SPARE.includes(name)) return [name];
    const isCalledFirst = TARGETS[name]?.attachType === ATTACH_TYPE.functionExit;
    return isCalledFirst ? [spareOf(name), name] : [name, spareOf(name)];
  });
}

/** Sees the end of every system call of the machine: for kernels where a task cannot be asked. */
export const EXIT_WATCHER = "handle_syscall_exit";

/** Names kernel addresses when it is run. */
export const SYMBOL_PROGRAM = "name_symbols";

export const ALL_PROGRAMS = [
  ...FOLLOWING,
  EXIT_WATCHER,
  ...new Set([PROGRAMS, TREE_PROGRAMS].flatMap((each) => Object.values(each).flat())),
  ...new Set(HAS_SPARE.map(spareOf)),
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

/** A spare's is that of the program that it stands in for. */
export function targetOf(program: string): TypedTarget | undefined {
  return TARGETS[program.replace(/_spare$/, "")];
}

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
