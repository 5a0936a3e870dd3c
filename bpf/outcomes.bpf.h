/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How system calls end in which a capability was denied; and which fail for want of permission
 * although one was granted: by another check, or by a security module. Since Linux 6.18 a task can be
 * asked to report on its way out of the kernel, which costs nobody else. Before, the only way is a look at
 * the end of every system call of the machine: that program is loaded on demand.
 */
#ifndef CAPSCOPE_OUTCOMES_BPF_H
#define CAPSCOPE_OUTCOMES_BPF_H

#include "state.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct outcome);
	__type(value, __u64);
} outcomes SEC(".maps");

/* A task that was asked to report. */
struct report {
	struct bpf_task_work work;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct report);
} reports SEC(".maps");

typedef int (*report_function)(struct bpf_map *map, void *key, void *value);

/*
 * Stands for a function of the kernel, in kernel/bpf/helpers.c: bpf_task_work_schedule_resume_impl() of
 * Linux 6.18, whose last argument the verifier fills in, or bpf_task_work_schedule_resume() of 7.0, which
 * has no such argument. User space puts the function's number in the place of this one, which belongs to
 * no helper; where the kernel has none of them, it is never called, and the verifier takes it out.
 */
enum { REPORT_PLACEHOLDER = 0x7265706f };
static int (*const schedule_report)(struct task_struct *task, struct bpf_task_work *work, void *map,
				    report_function report,
				    void *program) = (void *)REPORT_PLACEHOLDER;

static __always_inline __s64 syscall_result(struct task_struct *task)
{
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);

#if defined(__TARGET_ARCH_x86)
	return registers->ax;
#elif defined(__TARGET_ARCH_arm64)
	return BPF_CORE_READ((struct user_pt_regs *)registers, regs[0]);
#endif
}

static __always_inline bool is_awaited(const struct followed_task *own)
{
	return own->denied || own->granted;
}

static __always_inline void record_outcome(struct followed_task *own, __s64 result)
{
	struct outcome key = {
		.denied = own->denied,
		.image = own->image,
		.syscall = own->awaited_syscall,
	};
	__u64 *count, one = 1;

	/* MAX_ERRNO */
	if (result < 0 && result >= -4095)
		key.error = -result;
	if (key.error == EPERM || key.error == EACCES)
		key.granted = own->granted;
	own->denied = 0;
	own->granted = 0;
	if (!key.denied && !key.granted)
		return;
	count = bpf_map_lookup_elem(&outcomes, &key);
	if (count) {
		__sync_fetch_and_add(count, 1);
		return;
	}
	if (!bpf_map_update_elem(&outcomes, &key, &one, BPF_NOEXIST))
		return;
	count = bpf_map_lookup_elem(&outcomes, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
}

#endif
