/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Samples of the ways that lead to a row of checks: in the kernel, and in the program. */
#ifndef CAPSCOPE_STACKS_BPF_H
#define CAPSCOPE_STACKS_BPF_H

#include "spares.bpf.h"

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
	__uint(max_entries, 65536);
	__type(key, struct sample_key);
	__type(value, __u64);
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct user_stack);
	__type(value, __u32);
} user_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STACK_SCRATCHES);
	__type(key, __u32);
	__type(value, struct kernel_stack);
} stack_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STACK_SCRATCHES);
	__type(key, __u32);
	__type(value, struct user_stack);
} user_stack_scratch SEC(".maps");

/* Id of a stack, which may be new; 0 where there is no room. */
static __always_inline __u32 stack_id(void *map, const void *stack, __u32 kind)
{
	__u32 *known = bpf_map_lookup_elem(map, stack), id;

	if (known)
		return *known;
	id = kind | (1 + __sync_fetch_and_add(&state.last_stack, 1));
	bpf_map_update_elem(map, stack, &id, BPF_NOEXIST);
	/* Another CPU may have been faster. */
	known = bpf_map_lookup_elem(map, stack);
	return known ? *known : 0;
}

static __always_inline bool count_sample(__u32 row, __u32 stack)
{
	struct sample_key key = { .row = row, .stack = stack };
	__u64 *samples_seen = bpf_map_lookup_elem(&samples, &key), one = 1;

	if (!samples_seen && !bpf_map_update_elem(&samples, &key, &one, BPF_NOEXIST))
		return true;
	samples_seen = bpf_map_lookup_elem(&samples, &key);
	if (!samples_seen)
		return false;
	__sync_fetch_and_add(samples_seen, 1);
	return true;
}

/* In the row itself where there is room: most rows have one way or two. */
static __always_inline bool count_in_row(struct sample *slots, int length, __u32 stack)
{
	for (int at = 0; at < length; at++) {
		struct sample *slot = &slots[at];

		if (!slot->stack)
			__sync_val_compare_and_swap(&slot->stack, 0, stack);
		if (slot->stack == stack) {
			__sync_fetch_and_add(&slot->count, 1);
			return true;
		}
	}
	return false;
}

/* Functions of their own for the verifier, which looks at each once. */

/* Counts what is in the scratch. */
__noinline int count_kernel_stack(struct check_counters *row, enum program program)
{
	struct kernel_stack *stack = bpf_map_lookup_elem(&stack_scratch, &program);
	__u32 id;

	if (!row || !stack)
		return 0;
	id = stack_id(&stacks, stack, KERNEL_STACK);
	if (!id || (!count_in_row(row->kernel, KERNEL_SAMPLES, id) && !count_sample(row->row, id)))
		__sync_fetch_and_add(&state.lost_stacks, 1);
	return 0;
}

__noinline int count_user_stack(struct check_counters *row, enum program program)
{
	struct user_stack *stack = bpf_map_lookup_elem(&user_stack_scratch, &program);
	__u32 id;

	if (!row || !stack)
		return 0;
	id = stack_id(&user_stacks, stack, USER_STACK);
	if (!id || (!count_in_row(row->user, USER_SAMPLES, id) && !count_sample(row->row, id)))
		__sync_fetch_and_add(&state.lost_stacks, 1);
	return 0;
}

/* Then the kernel cannot tell in which file an address lies, and it differs in each process. */
__noinline int is_address_space_locked(void)
{
	struct mm_struct *mm = BPF_CORE_READ(bpf_get_current_task_btf(), mm);

	/* Not with PREEMPT_RT. */
	if (!bpf_core_field_exists(mm->mmap_lock.count))
		return 0;
	return BPF_CORE_READ(mm, mmap_lock.count.counter) & RWSEM_WRITER_LOCKED;
}

static __always_inline void sample_stack(void *ctx, struct check_counters *row,
					  enum program program)
{
	struct kernel_stack *stack = bpf_map_lookup_elem(&stack_scratch, &program);

	/* Fills up with zeros. */
	if (stack && bpf_get_stack(ctx, stack, sizeof(*stack), 0) > 0)
		count_kernel_stack(row, program);
	else
		__sync_fetch_and_add(&state.lost_stacks, 1);
}

/* A program without frame pointers, or without a file, has no stack: that is no loss. */
static __always_inline void sample_user_stack(void *ctx, struct check_counters *row,
					       enum program program)
{
	struct user_stack *stack = bpf_map_lookup_elem(&user_stack_scratch, &program);

	if (!stack || is_address_space_locked())
		return;
	if (bpf_get_stack(ctx, stack, sizeof(*stack), BPF_F_USER_STACK | BPF_F_USER_BUILD_ID) > 0)
		count_user_stack(row, program);
}

#endif
