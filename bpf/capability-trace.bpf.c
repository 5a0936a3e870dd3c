// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts the capability checks of followed tasks, by program, capability, system call and result.
 *
 * Three ways into cap_capable(), of which user space loads one. A task that is not followed costs
 * one lookup in its own storage. Nothing is sent: user space reads the maps.
 */
#include "vmlinux-subset.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "capability-trace.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct trace_options options SEC(".rodata.options");
struct trace_switches switches SEC(".data.switches") = { 0 };
struct trace_state state;

/* A row's first checks show all ways that lead to it; later a sample is enough. */
enum { YOUNG_ROW = 64, SAMPLE_MASK = 63 };

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct followed_task);
} followed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct image);
} images SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 262144);
	__type(key, struct check_key);
	__type(value, struct check_counters);
} checks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct kernel_stack);
	__type(value, __u32);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 262144);
	__type(key, struct sample_key);
	__type(value, __u64);
} samples SEC(".maps");

/* Too large for a program's stack. One for each of the programs that may interrupt each other. */
enum { SCRATCH_EXEC = 0, SCRATCH_CHECK = 1 };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct image);
} image_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kernel_stack);
} stack_scratch SEC(".maps");

/*
 * The verifier looks at each pointer that a program follows by itself, which makes the load slow;
 * BPF_CORE_READ() copies without it. What every check reads is read directly all the same.
 */

/* --- images ---------------------------------------------------------------------------------- */

static __always_inline __u32 next_image_id(void)
{
	return FIRST_KERNEL_IMAGE + __sync_fetch_and_add(&state.last_image, 1);
}

static __always_inline struct image *blank_image(__u32 scratch, struct task_struct *task)
{
	struct image *image = bpf_map_lookup_elem(&image_scratch, &scratch);

	if (!image)
		return 0;
	image->start_ns = bpf_ktime_get_boot_ns();
	image->end_ns = 0;
	image->pid = task->tgid;
	image->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	image->tasks = 1;
	image->exit_status = 0;
	image->flags = 0;
	image->argv_size = 0;
	/* What an earlier image left behind the end of the texts is not read. */
	image->exe[0] = 0;
	bpf_probe_read_kernel(image->comm, sizeof(image->comm), task->comm);
	return image;
}

static __always_inline void store_image(__u32 id, const struct image *image)
{
	if (!image || bpf_map_update_elem(&images, &id, image, BPF_NOEXIST))
		__sync_fetch_and_add(&state.lost_images, 1);
}

static __always_inline void join_image(__u32 id)
{
	struct image *image = bpf_map_lookup_elem(&images, &id);

	if (!image)
		return;
	__sync_fetch_and_add(&image->tasks, 1);
	/* All tasks of it that were known may have ended before. */
	image->end_ns = 0;
}

static __always_inline void leave_image(struct image *image)
{
	if (__sync_fetch_and_add(&image->tasks, -1) == 1)
		image->end_ns = bpf_ktime_get_boot_ns();
}

/* --- followed tasks -------------------------------------------------------------------------- */

static __always_inline struct followed_task *inherit(struct task_struct *child,
						     const struct followed_task *parent,
						     bool same_process)
{
	struct followed_task *own;

	own = bpf_task_storage_get(&followed, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!own) {
		__sync_fetch_and_add(&state.lost_images, 1);
		return 0;
	}
	own->image = parent->image;
	own->is_main = same_process ? parent->is_main : 0;
	join_image(own->image);
	__sync_fetch_and_add(&state.live_tasks, 1);
	return own;
}

/* A task of which nothing was heard, when everything is followed. */
static __noinline struct followed_task *discover(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	struct followed_task *own;
	__u32 id;

	own = bpf_task_storage_get(&followed, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!own) {
		__sync_fetch_and_add(&state.lost_images, 1);
		return 0;
	}
	if (!own->image) {
		id = next_image_id();
		if (__sync_val_compare_and_swap(&own->image, 0, id) == 0) {
			own->is_main = 1;
			store_image(id, blank_image(SCRATCH_CHECK, leader));
			__sync_fetch_and_add(&state.live_tasks, 1);
		}
	}
	return task->pid == task->tgid ? own : inherit(task, own, true);
}

/*
 * sched_process_fork does not tell of io_uring's workers, and old kernels let user space follow
 * the leading thread alone. Both are followed from their first check on.
 */
static __always_inline struct followed_task *adopt(struct task_struct *task)
{
	struct followed_task *leader;

	if (!(task->flags & PF_IO_WORKER) && !switches.ask_leader)
		return 0;
	if (task->pid == task->tgid)
		return 0;
	leader = bpf_task_storage_get(&followed, task->group_leader, 0, 0);
	return leader && leader->image ? inherit(task, leader, true) : 0;
}

static __always_inline struct followed_task *find_followed(struct task_struct *task)
{
	struct followed_task *own = bpf_task_storage_get(&followed, task, 0, 0);

	if (own && own->image)
		return own;
	return options.scope == SCOPE_EVERYTHING ? discover(task) : adopt(task);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(handle_fork, struct task_struct *parent, struct task_struct *child)
{
	struct followed_task *own = bpf_task_storage_get(&followed, parent, 0, 0);

	if (own && own->image)
		inherit(child, own, child->pid != child->tgid);
	return 0;
}

static __always_inline void read_argv(struct image *image, struct task_struct *task)
{
	unsigned long start = BPF_CORE_READ(task, mm, arg_start);
	__u32 size = BPF_CORE_READ(task, mm, arg_end) - start;

	image->argv_size = size;
	/* The verifier must see the bound on the register that is used. */
	barrier_var(size);
	if (size > ARGV_LENGTH)
		size = ARGV_LENGTH;
	if (!bpf_probe_read_user(image->argv, size, (const void *)start))
		image->flags |= IMAGE_ARGV_READ;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(handle_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	struct followed_task *own = find_followed(task);
	struct image *image, *old;

	if (!own)
		return 0;
	old = bpf_map_lookup_elem(&images, &own->image);
	if (old)
		leave_image(old);
	own->image = next_image_id();
	own->is_main = 1;
	image = blank_image(SCRATCH_EXEC, task);
	if (image) {
		image->flags = IMAGE_EXEC_SEEN;
		bpf_probe_read_kernel_str(image->exe, sizeof(image->exe), BPF_CORE_READ(bprm, filename));
		read_argv(image, task);
	}
	store_image(own->image, image);
	return 0;
}

static __always_inline void note_exit(struct image *image, struct task_struct *task)
{
	/* As wait_task_zombie() computes it. */
	if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
		image->exit_status = BPF_CORE_READ(task, signal, group_exit_code);
	else
		image->exit_status = BPF_CORE_READ(task, group_leader, exit_code);
	image->flags |= IMAGE_EXIT_SEEN;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(handle_exit, struct task_struct *task)
{
	struct followed_task *own = bpf_task_storage_get(&followed, task, 0, 0);
	struct image *image;

	if (!own || !own->image)
		return 0;
	image = bpf_map_lookup_elem(&images, &own->image);
	if (image) {
		/* do_exit() has already counted this thread out. */
		if (own->is_main && BPF_CORE_READ(task, signal, live.counter) == 0)
			note_exit(image, task);
		leave_image(image);
	}
	__sync_fetch_and_add(&state.live_tasks, -1);
	return 0;
}

/* --- checks ---------------------------------------------------------------------------------- */

static __always_inline __s32 current_syscall(struct task_struct *task)
{
	struct pt_regs *registers;

	/* Their registers are not those of a system call. */
	if (task->flags & (PF_KTHREAD | PF_IO_WORKER))
		return SYSCALL_NONE;
	registers = (struct pt_regs *)bpf_task_pt_regs(task);
#if defined(__TARGET_ARCH_x86)
	if (task->thread_info.status & TS_COMPAT)
		return SYSCALL_COMPAT;
	/* -1 where an exception or an interrupt led into the kernel. */
	return registers->orig_ax;
#elif defined(__TARGET_ARCH_arm64)
	if (task->thread_info.flags & (1UL << TIF_32BIT))
		return SYSCALL_COMPAT;
	return registers->syscallno;
#endif
}

static __always_inline void sample_stack(void *ctx, __u32 row)
{
	struct sample_key key = { .row = row };
	struct kernel_stack *stack;
	__u64 *samples_seen, one = 1;
	__u32 *known, id, zero = 0;

	stack = bpf_map_lookup_elem(&stack_scratch, &zero);
	/* Fills up with zeros. */
	if (!stack || bpf_get_stack(ctx, stack, sizeof(*stack), 0) <= 0)
		goto lost;
	known = bpf_map_lookup_elem(&stacks, stack);
	if (!known) {
		id = __sync_fetch_and_add(&state.last_stack, 1);
		bpf_map_update_elem(&stacks, stack, &id, BPF_NOEXIST);
		/* Another CPU may have been faster. */
		known = bpf_map_lookup_elem(&stacks, stack);
		if (!known)
			goto lost;
	}
	key.stack = *known;
	samples_seen = bpf_map_lookup_elem(&samples, &key);
	if (!samples_seen && !bpf_map_update_elem(&samples, &key, &one, BPF_NOEXIST))
		return;
	samples_seen = bpf_map_lookup_elem(&samples, &key);
	if (!samples_seen)
		goto lost;
	__sync_fetch_and_add(samples_seen, 1);
	return;
lost:
	__sync_fetch_and_add(&state.lost_stacks, 1);
}

static __always_inline struct check_counters *find_row(const struct check_key *key, __u64 now)
{
	struct check_counters *counters = bpf_map_lookup_elem(&checks, key);
	struct check_counters fresh = { .first_ns = now };

	if (counters)
		return counters;
	fresh.row = __sync_fetch_and_add(&state.last_row, 1);
	bpf_map_update_elem(&checks, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&checks, key);
}

static __always_inline void count_check(void *ctx, const struct check_key *key)
{
	__u64 now = bpf_ktime_get_boot_ns();
	struct check_counters *counters = find_row(key, now);
	__u64 seen;

	if (!counters) {
		__sync_fetch_and_add(&state.lost_checks, 1);
		return;
	}
	seen = __sync_fetch_and_add(&counters->count, 1);
	counters->last_ns = now;
	if (seen < YOUNG_ROW || (seen & SAMPLE_MASK) == 0)
		sample_stack(ctx, counters->row);
}

/* Whose check it is, and what the arguments of cap_capable() say; 1 when it is to be counted. */
static __always_inline bool begin_check(struct check_key *key, const struct cred *cred,
					struct user_namespace *target, int capability)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct followed_task *own = find_followed(task);
	const struct cred *real;

	if (!own)
		return false;
	real = task->real_cred;
	key->image = own->image;
	key->target_namespace = BPF_CORE_READ(target, ns.inum);
	key->syscall = current_syscall(task);
	key->capability = capability;
	key->flags = 0;
	if (target == BPF_CORE_READ(real, user_ns) && BPF_CORE_READ(target, parent))
		key->flags |= CHECK_OWN_NAMESPACE;
	/* override_creds() and the openers' credentials of files leave real_cred as it is. */
	if (cred != real)
		key->flags |= CHECK_BORROWED_CREDENTIALS;
	return true;
}

static __always_inline __u16 option_flags(__u32 options_of_check)
{
	return CHECK_SILENT_KNOWN | (options_of_check & CAP_OPT_NOAUDIT ? CHECK_SILENT : 0);
}

SEC("tp_btf/cap_capable")
int BPF_PROG(trace_cap_capable, const struct cred *cred, struct user_namespace *target,
	     const struct user_namespace *capable, int capability, int result)
{
	struct check_key key;

	if (!begin_check(&key, cred, target, capability))
		return 0;
	if (result == 0)
		key.flags |= CHECK_GRANTED;
	count_check(ctx, &key);
	return 0;
}

SEC("fexit/cap_capable")
int BPF_PROG(trace_cap_capable_exit, const struct cred *cred, struct user_namespace *target,
	     int capability, unsigned int check_options, int result)
{
	struct check_key key;

	if (!begin_check(&key, cred, target, capability))
		return 0;
	key.flags |= option_flags(check_options);
	if (result == 0)
		key.flags |= CHECK_GRANTED;
	count_check(ctx, &key);
	return 0;
}

/*
 * A kretprobe does not see the arguments. The call that returns is the one that was entered in the
 * same stack frame: an interrupt's check lies in another, and an entry whose return was missed is
 * overwritten by the next call from there.
 */
struct call_key {
	__u64 task;
	__u64 frame;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct call_key);
	__type(value, struct check_key);
} calls SEC(".maps");

#if defined(__TARGET_ARCH_x86)
/* The return takes its address from the stack. */
enum { RETURN_ADDRESS_SIZE = 8 };
#else
enum { RETURN_ADDRESS_SIZE = 0 };
#endif

SEC("kprobe/cap_capable")
int BPF_KPROBE(trace_cap_capable_call, const struct cred *cred, struct user_namespace *target,
	       int capability, unsigned int check_options)
{
	struct call_key call = { .frame = PT_REGS_SP(ctx) + RETURN_ADDRESS_SIZE };
	struct check_key key;

	if (!begin_check(&key, cred, target, capability))
		return 0;
	key.flags |= option_flags(check_options);
	call.task = bpf_get_current_task();
	if (bpf_map_update_elem(&calls, &call, &key, BPF_ANY))
		__sync_fetch_and_add(&state.lost_checks, 1);
	return 0;
}

SEC("kretprobe/cap_capable")
int BPF_KRETPROBE(trace_cap_capable_return, int result)
{
	struct call_key call = { .task = bpf_get_current_task(), .frame = PT_REGS_SP(ctx) };
	struct check_key *entered, key;

	if (!bpf_task_storage_get(&followed, bpf_get_current_task_btf(), 0, 0))
		return 0;
	entered = bpf_map_lookup_elem(&calls, &call);
	if (!entered)
		return 0;
	key = *entered;
	bpf_map_delete_elem(&calls, &call);
	if (result == 0)
		key.flags |= CHECK_GRANTED;
	count_check(ctx, &key);
	return 0;
}

/* --- symbols --------------------------------------------------------------------------------- */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct symbol_table);
} symbols SEC(".maps");

/* User space runs it: much faster than /proc/kallsyms, which it may not be allowed to read. */
SEC("syscall")
int name_symbols(void *unused)
{
	static const char format[] = "%ps";
	struct symbol_table *table;
	__u32 zero = 0;

	table = bpf_map_lookup_elem(&symbols, &zero);
	if (!table)
		return 1;
	for (__u32 at = 0; at < SYMBOL_COUNT && table->address[at]; at++)
		bpf_snprintf(table->name[at], SYMBOL_LENGTH, format, &table->address[at], 8);
	return 0;
}
