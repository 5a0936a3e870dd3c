// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts the capability checks of followed tasks, by program, capability, system call and result.
 *
 * Three ways into cap_capable(), of which user space loads one. A task that is not followed pays for
 * one look at whether it carries anything. Nothing is sent: user space reads the maps.
 */
#include "followed.bpf.h"
#include "credentials.bpf.h"
#include "stacks.bpf.h"
#include "outcomes.bpf.h"
#include "moot.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A row's first checks show the ways that lead to it; later a sample is enough. */
enum {
	YOUNG_ROW = 64,
	OLD_ROW = 4096,
	SAMPLE_MASK = 63,
	OLD_SAMPLE_MASK = 1023,
	YOUNG_USER_ROW = 8,
};

static __always_inline bool is_sample(__u64 seen)
{
	return seen < YOUNG_ROW || !(seen & (seen < OLD_ROW ? SAMPLE_MASK : OLD_SAMPLE_MASK));
}

static __always_inline bool is_user_sample(__u64 seen)
{
	return seen < YOUNG_USER_ROW || !(seen & OLD_SAMPLE_MASK);
}

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 262144);
	__type(key, struct check_key);
	__type(value, struct check_counters);
} checks SEC(".maps");

/* --- life and death -------------------------------------------------------------------------- */

static __always_inline int note_fork(__u64 *ctx, enum program program)
{
	struct task_struct *child = (void *)ctx[0];
	struct followed_task *own = find_followed(bpf_get_current_task_btf(), program);

	if (own && takes_turn(own, program, ctx))
		inherit(child, own, child->pid != child->tgid);
	return 0;
}

/* The new task. Other than sched_process_fork it tells of the workers of io_uring as well. */
SEC("typed/task_newtask")
int handle_fork(__u64 *ctx)
{
	return note_fork(ctx, FORK);
}

SEC("typed/task_newtask")
int handle_fork_spare(__u64 *ctx)
{
	return note_fork(ctx, FORK_SPARE);
}

static __always_inline int note_exec(__u64 *ctx, enum program program)
{
	struct task_struct *task = (void *)ctx[0];
	struct linux_binprm *bprm = (void *)ctx[2];
	struct followed_task *own = find_followed(task, program);
	struct image *image, *old;

	if (!own || !takes_turn(own, program, ctx))
		return 0;
	old = bpf_map_lookup_elem(&images, &own->image);
	if (old)
		leave_image(old);
	own->image = next_image_id();
	own->is_main = 1;
	own->mm = (__u64)BPF_CORE_READ(task, mm);
	/* Exec gives the program credentials of its own. */
	note_credentials();
	image = blank_image(program, task, IMAGE_EXEC_SEEN);
	if (image) {
		bpf_probe_read_kernel_str(image->exe, sizeof(image->exe), BPF_CORE_READ(bprm, filename));
		read_argv(image, task);
	}
	store_image(own->image, image);
	return 0;
}

/* The task, its pid before, what was loaded */
SEC("typed/sched_process_exec")
int handle_exec(__u64 *ctx)
{
	return note_exec(ctx, EXEC);
}

SEC("typed/sched_process_exec")
int handle_exec_spare(__u64 *ctx)
{
	return note_exec(ctx, EXEC_SPARE);
}

static __always_inline int note_end(__u64 *ctx, enum program program)
{
	struct task_struct *task = (void *)ctx[0];
	struct followed_task *own = look_up(task);
	struct image *image;
	__u64 key = (__u64)task;

	if (!own || !own->image || !takes_turn(own, program, ctx))
		return 0;
	update_credentials(own, task, BPF_CORE_READ(task, real_cred), 0, false);
	if (own->was_asked)
		bpf_map_delete_elem(&reports, &key);
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

/* The task */
SEC("typed/sched_process_exit")
int handle_exit(__u64 *ctx)
{
	return note_end(ctx, EXIT);
}

SEC("typed/sched_process_exit")
int handle_exit_spare(__u64 *ctx)
{
	return note_end(ctx, EXIT_SPARE);
}

/* --- ends of system calls -------------------------------------------------------------------- */

static int report_end(struct bpf_map *map, void *key, void *value)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct followed_task *own = bpf_task_storage_get(&followed, task, 0, 0);

	if (own && is_awaited(own))
		record_outcome(own, syscall_result(task));
	return 0;
}

/* Loaded on demand: it makes every system call of the machine slower. */
SEC("typed/sys_exit")
int BPF_PROG(handle_syscall_exit, struct pt_regs *registers, long result)
{
	struct followed_task *own;

	own = bpf_task_storage_get(&followed, bpf_get_current_task_btf(), 0, 0);
	if (own && is_awaited(own))
		record_outcome(own, result);
	return 0;
}

static __always_inline bool ask_for_report(struct followed_task *own, struct task_struct *task)
{
	static const struct report blank;
	struct report *report;
	__u64 key = (__u64)task;

	if (!options.asks_for_reports)
		return false;
	report = bpf_map_lookup_elem(&reports, &key);
	if (!report) {
		bpf_map_update_elem(&reports, &key, &blank, BPF_NOEXIST);
		report = bpf_map_lookup_elem(&reports, &key);
		own->was_asked = 1;
	}
	return report && !schedule_report(task, &report->work, &reports, report_end, 0);
}

static __always_inline void expect_outcome(struct followed_task *own, struct task_struct *task,
					   const struct check_key *key, bool is_sampled)
{
	if (key->syscall < 0 || key->capability >= 64)
		return;
	/* The report of this very call is under way already, or its end was missed. */
	if (own->awaited_syscall != key->syscall)
		own->denied = own->granted = 0;
	if (!is_awaited(own)) {
		if (!options.watches_exits && (!is_sampled || !ask_for_report(own, task)))
			return;
		own->awaited_syscall = key->syscall;
	}
	if (key->flags & CHECK_GRANTED)
		own->granted |= 1ULL << key->capability;
	else
		own->denied |= 1ULL << key->capability;
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

static __noinline void add_row(const struct check_key *key, __u64 now)
{
	struct check_counters fresh = { .first_ns = now };

	if (!key)
		return;
	fresh.row = __sync_fetch_and_add(&state.last_row, 1);
	bpf_map_update_elem(&checks, key, &fresh, BPF_NOEXIST);
}

static __always_inline struct check_counters *find_row(const struct check_key *key, __u64 now)
{
	struct check_counters *counters = bpf_map_lookup_elem(&checks, key);

	if (counters)
		return counters;
	add_row(key, now);
	return bpf_map_lookup_elem(&checks, key);
}

static __always_inline void count_check(void *ctx, struct followed_task *own,
					const struct check_key *key, enum program program)
{
	__u64 now = bpf_ktime_get_boot_ns();
	struct check_counters *counters = find_row(key, now);
	bool is_sampled;
	__u64 seen;

	if (!counters) {
		__sync_fetch_and_add(&state.lost_checks, 1);
		return;
	}
	seen = __sync_fetch_and_add(&counters->count, 1);
	counters->last_ns = now;
	is_sampled = is_sample(seen);
	if (is_sampled)
		sample_stack(ctx, counters, program);
	if (is_user_sample(seen))
		sample_user_stack(ctx, counters, program);
	/* What was granted is rarely refused all the same: its first checks show that. */
	if (!(key->flags & CHECK_GRANTED) || seen < YOUNG_USER_ROW)
		expect_outcome(own, bpf_get_current_task_btf(), key, is_sampled);
}

/* MAX_USER_NS_LEVEL of <linux/user_namespace.h> */
enum { NAMESPACE_DEPTH = 33 };

/*
 * Who made a namespace has all capabilities in it and below, as cap_capable_helper() says. A function of
 * its own for the verifier, which looks at it once; `target_address` is a struct user_namespace *.
 */
__noinline int owns_namespace(__u64 own_namespace, __u32 effective_uid, __u64 target_address)
{
	struct user_namespace *target = (struct user_namespace *)target_address;

	for (int level = 0; level < NAMESPACE_DEPTH && target; level++) {
		struct user_namespace *parent = BPF_CORE_READ(target, parent);

		if ((__u64)target == own_namespace)
			return 0;
		if ((__u64)parent == own_namespace)
			return BPF_CORE_READ(target, owner.val) == effective_uid;
		target = parent;
	}
	return 0;
}

static __always_inline __u16 namespace_flags(const struct followed_task *own,
					     struct user_namespace *target)
{
	__u64 address;

	if ((__u64)target == own->user_namespace)
		return own->is_namespaced ? CHECK_OWN_NAMESPACE : 0;
	/* A number, which can be handed on, of what the verifier knows as a pointer. */
	bpf_probe_read_kernel(&address, sizeof(address), &target);
	return owns_namespace(own->user_namespace, own->seen.effective_uid, address) ?
		       CHECK_OWNS_NAMESPACE :
		       0;
}

/* What the task carries, where its check is to be counted by this program; else null. */
static __always_inline struct followed_task *begin_check(void *ctx, enum program program,
							 struct task_struct *task)
{
	struct followed_task *own = find_followed(task, program);

	return own && takes_turn(own, program, ctx) ? own : 0;
}

/* What the arguments of cap_capable() say. `is_typed`: the verifier knows what the pointers point to. */
static __always_inline void describe_check(struct check_key *key, struct followed_task *own,
					   struct task_struct *task, const struct cred *cred,
					   struct user_namespace *target, int capability,
					   bool is_typed)
{
	__u64 real = update_credentials(own, task, cred, target, is_typed);
	key->image = own->image;
	key->target_namespace = is_typed ? target->ns.inum : BPF_CORE_READ(target, ns.inum);
	key->syscall = current_syscall(task);
	key->capability = capability;
	key->flags = namespace_flags(own, target);
	key->credentials = own->credentials;
	key->reserved = 0;
	/* override_creds() and the openers' credentials of files leave real_cred as it is. */
	if ((__u64)cred != real)
		key->flags |= CHECK_BORROWED_CREDENTIALS;
	if (capability >= CAP_FSETID && capability <= CAP_SETUID && is_moot(key, cred))
		key->flags |= CHECK_MOOT;
}

static __always_inline __u16 option_flags(__u32 options_of_check)
{
	return CHECK_SILENT_KNOWN | (options_of_check & CAP_OPT_NOAUDIT ? CHECK_SILENT : 0);
}

/*
 * The program of each way in looks whether it has to do with the task at all; what it does then is a
 * function, so that the look takes hardly any registers and no stack. Those with "tree" in their names are
 * for trees whose tasks are all known; kprobes have no spares, as no task interrupts them.
 */

static __always_inline int count_traced(__u64 *ctx, enum program program)
{
	const struct cred *cred = (void *)ctx[0];
	struct user_namespace *target = (void *)ctx[1];
	int capability = ctx[3], result = ctx[4];
	struct task_struct *task = bpf_get_current_task_btf();
	struct followed_task *own = begin_check(ctx, program, task);
	struct check_key key;

	if (!own)
		return 0;
	describe_check(&key, own, task, cred, target, capability, true);
	if (result == 0)
		key.flags |= CHECK_GRANTED;
	count_check(ctx, own, &key, program);
	return 0;
}

static __noinline int count_first_traced(__u64 *ctx)
{
	return count_traced(ctx, CHECK);
}

static __noinline int count_spare_traced(__u64 *ctx)
{
	return count_traced(ctx, CHECK_SPARE);
}

/* cred, target namespace, capable namespace, capability, result */
SEC("typed/cap_capable")
int trace_cap_capable(__u64 *ctx)
{
	return may_be_followed(bpf_get_current_task_btf()) ? count_first_traced(ctx) : 0;
}

SEC("typed/cap_capable")
int trace_cap_capable_spare(__u64 *ctx)
{
	return may_be_followed(bpf_get_current_task_btf()) ? count_spare_traced(ctx) : 0;
}

SEC("typed/cap_capable_tree")
int trace_cap_capable_tree(__u64 *ctx)
{
	return is_in_tree(bpf_get_current_task_btf()) ? count_first_traced(ctx) : 0;
}

SEC("typed/cap_capable_tree")
int trace_cap_capable_tree_spare(__u64 *ctx)
{
	return is_in_tree(bpf_get_current_task_btf()) ? count_spare_traced(ctx) : 0;
}

static __always_inline int count_at_exit(__u64 *ctx, enum program program)
{
	const struct cred *cred = (void *)ctx[0];
	struct user_namespace *target = (void *)ctx[1];
	int capability = ctx[2], result = ctx[4];
	__u32 check_options = ctx[3];
	struct task_struct *task = bpf_get_current_task_btf();
	struct followed_task *own = begin_check(ctx, program, task);
	struct check_key key;

	if (!own)
		return 0;
	describe_check(&key, own, task, cred, target, capability, true);
	key.flags |= option_flags(check_options);
	if (result == 0)
		key.flags |= CHECK_GRANTED;
	count_check(ctx, own, &key, program);
	return 0;
}

static __noinline int count_first_at_exit(__u64 *ctx)
{
	return count_at_exit(ctx, CHECK);
}

static __noinline int count_spare_at_exit(__u64 *ctx)
{
	return count_at_exit(ctx, CHECK_SPARE);
}

/* cred, target namespace, capability, options, result */
SEC("typed/cap_capable_exit")
int trace_cap_capable_exit(__u64 *ctx)
{
	return may_be_followed(bpf_get_current_task_btf()) ? count_first_at_exit(ctx) : 0;
}

SEC("typed/cap_capable_exit")
int trace_cap_capable_exit_spare(__u64 *ctx)
{
	return may_be_followed(bpf_get_current_task_btf()) ? count_spare_at_exit(ctx) : 0;
}

SEC("typed/cap_capable_exit_tree")
int trace_cap_capable_exit_tree(__u64 *ctx)
{
	return is_in_tree(bpf_get_current_task_btf()) ? count_first_at_exit(ctx) : 0;
}

SEC("typed/cap_capable_exit_tree")
int trace_cap_capable_exit_tree_spare(__u64 *ctx)
{
	return is_in_tree(bpf_get_current_task_btf()) ? count_spare_at_exit(ctx) : 0;
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

static __noinline int note_call(struct pt_regs *ctx)
{
	const struct cred *cred = (void *)PT_REGS_PARM1(ctx);
	struct user_namespace *target = (void *)PT_REGS_PARM2(ctx);
	int capability = PT_REGS_PARM3(ctx);
	__u32 check_options = PT_REGS_PARM4(ctx);
	struct call_key call = { .frame = PT_REGS_SP(ctx) + RETURN_ADDRESS_SIZE };
	struct task_struct *task = bpf_get_current_task_btf();
	struct followed_task *own = begin_check(ctx, CHECK, task);
	struct check_key key;

	if (!own)
		return 0;
	describe_check(&key, own, task, cred, target, capability, false);
	key.flags |= option_flags(check_options);
	call.task = bpf_get_current_task();
	if (bpf_map_update_elem(&calls, &call, &key, BPF_ANY))
		__sync_fetch_and_add(&state.lost_checks, 1);
	return 0;
}

SEC("kprobe/cap_capable")
int trace_cap_capable_call(struct pt_regs *ctx)
{
	return may_be_followed(bpf_get_current_task_btf()) ? note_call(ctx) : 0;
}

static __noinline int count_call(struct pt_regs *ctx)
{
	struct call_key call = { .task = bpf_get_current_task(), .frame = PT_REGS_SP(ctx) };
	struct check_key *entered, key;
	struct followed_task *own;

	own = look_up(bpf_get_current_task_btf());
	if (!own || !own->image)
		return 0;
	entered = bpf_map_lookup_elem(&calls, &call);
	if (!entered)
		return 0;
	key = *entered;
	bpf_map_delete_elem(&calls, &call);
	if ((int)PT_REGS_RC(ctx) == 0)
		key.flags |= CHECK_GRANTED;
	count_check(ctx, own, &key, CHECK);
	return 0;
}

SEC("kretprobe/cap_capable")
int trace_cap_capable_return(struct pt_regs *ctx)
{
	return may_be_followed(bpf_get_current_task_btf()) ? count_call(ctx) : 0;
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
