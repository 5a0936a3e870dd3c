/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which tasks are followed; each carries it in its own storage. */
#ifndef CAPSCOPE_FOLLOWED_BPF_H
#define CAPSCOPE_FOLLOWED_BPF_H

#include "images.bpf.h"
#ifdef FOLLOWS_GROUPS
#include "membership.bpf.h"
#endif

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct followed_task);
} followed SEC(".maps");

static __always_inline struct followed_task *storage_of(struct task_struct *task)
{
	return bpf_task_storage_get(&followed, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/*
 * What a task carries; null where that is nothing. Before Linux 6.2 nothing is found either while another task
 * is interrupted in its own look-up on this processor: whether it is so shows in that nothing can be added.
 */
static __always_inline struct followed_task *look_up(struct task_struct *task)
{
	struct followed_task *own = bpf_task_storage_get(&followed, task, 0, 0);

	if (own || !options.has_spares || !BPF_CORE_READ(task, bpf_storage))
		return own;
	own = storage_of(task);
	if (!own)
		__sync_fetch_and_add(&state.lost_checks, 1);
	return own;
}

static __always_inline struct followed_task *inherit(struct task_struct *child,
						     const struct followed_task *parent,
						     bool same_process)
{
	struct followed_task *own = storage_of(child);

	if (!own) {
		__sync_fetch_and_add(&state.lost_images, 1);
		return 0;
	}
	own->image = parent->image;
	own->credentials = parent->credentials;
	own->user_namespace = parent->user_namespace;
	own->is_namespaced = parent->is_namespaced;
	own->seen = parent->seen;
	own->mm = (__u64)BPF_CORE_READ(child, mm);
	own->is_main = same_process ? parent->is_main : 0;
	join_image(own->image);
	__sync_fetch_and_add(&state.live_tasks, 1);
	return own;
}

/* What runs before the trace belongs to it; what comes into the group is not a program of it yet. */
static __always_inline __u32 origin_of(struct task_struct *leader)
{
#ifdef FOLLOWS_GROUPS
	if (BPF_CORE_READ(leader, start_boottime) > options.began_ns)
		return 0;
#endif
	return IMAGE_ATTACHED;
}

/*
 * Functions of their own for the verifier, which looks at each once: the way from a task to the
 * thread that leads it costs it much.
 */

/* The current task, of which nothing was heard, where not only trees are followed. */
__noinline int discover(enum program program)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *leader = task->group_leader;
	struct followed_task *own = storage_of(leader);
	__u32 id;

	if (!own) {
		__sync_fetch_and_add(&state.lost_images, 1);
		return 0;
	}
	if (!own->image) {
		id = next_image_id();
		if (__sync_val_compare_and_swap(&own->image, 0, id) == 0) {
			own->is_main = 1;
			store_image(id, blank_image(program, leader, origin_of(leader)));
			__sync_fetch_and_add(&state.live_tasks, 1);
		}
	}
	if (task->pid != task->tgid)
		inherit(task, own, true);
	return 1;
}

/* A thread of a followed process. */
__noinline int adopt(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct followed_task *leader;

	leader = look_up(task->group_leader);
	if (!leader || !leader->image)
		return 0;
	inherit(task, leader, true);
	return 1;
}

/*
 * Old kernels let user space follow the leading thread alone: the others are followed from their
 * first check on.
 */
static __always_inline bool may_be_adopted(struct task_struct *task)
{
	return options.asks_leader && task->pid != task->tgid;
}

#ifdef FOLLOWS_GROUPS
/* Remembers where a task is not a member: it is asked at each of its checks. */
static __always_inline bool is_new_member(struct task_struct *task, struct followed_task *own)
{
	struct css_set *groups = BPF_CORE_READ(task, cgroups);

	if (own && own->outside == (__u64)groups)
		return false;
	if (is_member(groups))
		return true;
	if (!own)
		own = storage_of(task);
	if (own)
		own->outside = (__u64)groups;
	return false;
}
#endif

/*
 * Most tasks of a machine carry nothing: they pay for this look, where a tree is followed. (It costs the
 * verifier a search of the kernel's types: for the checks alone.)
 */
static __always_inline bool may_be_followed(struct task_struct *task)
{
#ifdef FOLLOWS_GROUPS
	return true;
#else
	return options.scope != SCOPE_TREE || task->bpf_storage || may_be_adopted(task);
#endif
}

/* The same where a tree is followed, thread by thread: with no look at the options either. */
static __always_inline bool is_in_tree(struct task_struct *task)
{
	return task->bpf_storage;
}

/* What the current task carries; null where it is not followed. */
static __always_inline struct followed_task *find_followed(struct task_struct *task,
							   enum program program)
{
	struct followed_task *own;
	bool is_found;

	own = look_up(task);
	if (own && own->image)
		return own;
#ifdef FOLLOWS_GROUPS
	is_found = is_new_member(task, own) && discover(program);
#else
	if (options.scope == SCOPE_EVERYTHING)
		is_found = discover(program);
	else
		is_found = may_be_adopted(task) && adopt();
#endif
	if (!is_found)
		return 0;
	own = bpf_task_storage_get(&followed, task, 0, 0);
	return own && own->image ? own : 0;
}

#endif
