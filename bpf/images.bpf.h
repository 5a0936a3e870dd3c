/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs of followed processes, each from its exec to the next one or to its exit. */
#ifndef CAPSCOPE_IMAGES_BPF_H
#define CAPSCOPE_IMAGES_BPF_H

#include "spares.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct image);
} images SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IMAGE_SCRATCHES);
	__type(key, __u32);
	__type(value, struct image);
} image_scratch SEC(".maps");

static __always_inline __u32 next_image_id(void)
{
	return FIRST_KERNEL_IMAGE + __sync_fetch_and_add(&state.last_image, 1);
}

static __always_inline struct image *blank_image(enum program program, struct task_struct *task,
						  __u32 flags)
{
	struct image *image = bpf_map_lookup_elem(&image_scratch, &program);

	if (!image)
		return 0;
	image->start_ns = bpf_ktime_get_boot_ns();
	image->end_ns = 0;
	image->pid = task->tgid;
	image->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	image->task_start_ns = BPF_CORE_READ(task, start_boottime);
	image->tasks = 1;
	image->exit_status = 0;
	image->flags = flags;
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

static __always_inline void note_exit(struct image *image, struct task_struct *task)
{
	/* As wait_task_zombie() computes it. */
	if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
		image->exit_status = BPF_CORE_READ(task, signal, group_exit_code);
	else
		image->exit_status = BPF_CORE_READ(task, group_leader, exit_code);
	image->flags |= IMAGE_EXIT_SEEN;
}

#endif
