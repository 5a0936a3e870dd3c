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
 * kernel/bpf/helpers.c. Linux 6.18 wants the program as a last argument, which the verifier fills in.
 * Linux 7.0 adds the argument by itself; there the function with the ending has another type, and an
 * object that declares it by the old one cannot be loaded. Before, there is none: libbpf would look for
 * it in the modules, which takes CAP_SYS_ADMIN.
 */
#if defined(REPORTS_SINCE_7_0)
extern int bpf_task_work_schedule_resume(struct task_struct *task, struct bpf_task_work *work,
					 void *map, report_function report) __ksym __weak;
#define schedule_report bpf_task_work_schedule_resume
#define can_ask_for_reports() (!!bpf_task_work_schedule_resume)
#elif defined(REPORTS_SINCE_6_18)
extern int bpf_task_work_schedule_resume_impl(struct task_struct *task, struct bpf_task_work *work,
					      void *map, report_function report,
					      void *program) __ksym __weak;
#define schedule_report(...) bpf_task_work_schedule_resume_impl(__VA_ARGS__, 0)
#define can_ask_for_reports() (!!bpf_task_work_schedule_resume_impl)
#else
#define schedule_report(task, work, map, report) ((void)(report), -1)
#define can_ask_for_reports() false
#endif

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
