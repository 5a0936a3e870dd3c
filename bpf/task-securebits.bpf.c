// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The secure bits of all tasks that have any: no file under /proc tells them. Reading the iterator
 * visits the tasks of the reader's PID namespace; what comes out are rows of this form, with the ids
 * that tasks have there.
 */
#include "vmlinux-subset.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct securebits_row {
	__u32 tid;
	__u32 securebits;
};

/* The id that a task has in a PID namespace of this depth. */
static __always_inline __u32 id_at(struct task_struct *task, __u32 level)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct upid *outermost = __builtin_preserve_access_index(&pid->numbers[0]);

	/* The verifier does not know how many there are: as many as the depth of its namespace. */
	if (!pid || level > BPF_CORE_READ(pid, level))
		return 0;
	return BPF_CORE_READ((struct upid *)((void *)outermost + level * bpf_core_type_size(struct upid)),
			     nr);
}

SEC("iter/task")
int list_securebits(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct task_struct *reader = (struct task_struct *)bpf_get_current_task();
	struct securebits_row row = {};

	if (!task)
		return 0;
	row.securebits = BPF_CORE_READ(task, real_cred, securebits);
	if (!row.securebits)
		return 0;
	row.tid = id_at(task, BPF_CORE_READ(reader, thread_pid, level));
	bpf_seq_write(context->meta->seq, &row, sizeof(row));
	return 0;
}
