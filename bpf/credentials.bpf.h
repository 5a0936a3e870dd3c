/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The credentials that a followed task is seen with, at its checks, at exec and at its end. */
#ifndef CAPSCOPE_CREDENTIALS_BPF_H
#define CAPSCOPE_CREDENTIALS_BPF_H

#include "followed.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct credentials);
	__type(value, struct credentials_note);
} credentials SEC(".maps");

static __always_inline __u32 no_new_privileges(struct task_struct *task)
{
	return task->atomic_flags & PFA_NO_NEW_PRIVS ? 1 : 0;
}

/* A capability set is two words of 32 bits before Linux 6.3 and one of 64 since. */
#define READ_SET(to, cred, set) bpf_probe_read_kernel(&(to), sizeof(to), &(cred)->set)

static __always_inline void read_credentials(struct credentials *seen, const struct cred *cred)
{
	seen->uid = BPF_CORE_READ(cred, uid.val);
	seen->effective_uid = BPF_CORE_READ(cred, euid.val);
	seen->securebits = BPF_CORE_READ(cred, securebits);
	READ_SET(seen->permitted, cred, cap_permitted);
	READ_SET(seen->effective, cred, cap_effective);
	READ_SET(seen->inheritable, cred, cap_inheritable);
	READ_SET(seen->bounding, cred, cap_bset);
	READ_SET(seen->ambient, cred, cap_ambient);
}

/* A function of its own for the verifier, which looks at it once. */
__noinline int note_credentials(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct followed_task *own = bpf_task_storage_get(&followed, task, 0, 0);
	struct credentials_note note = {}, *known;
	struct user_namespace *user_namespace;
	struct credentials key = {};
	const struct cred *cred;

	if (!own)
		return 0;
	cred = BPF_CORE_READ(task, real_cred);
	user_namespace = BPF_CORE_READ(cred, user_ns);
	read_credentials(&key, cred);
	key.image = own->image;
	key.no_new_privileges = no_new_privileges(task);
	known = bpf_map_lookup_elem(&credentials, &key);
	if (!known) {
		note.first_ns = bpf_ktime_get_boot_ns();
		note.previous = own->credentials;
		note.id = 1 + __sync_fetch_and_add(&state.last_credentials, 1);
		bpf_map_update_elem(&credentials, &key, &note, BPF_NOEXIST);
		/* Another CPU may have been faster. */
		known = bpf_map_lookup_elem(&credentials, &key);
	}
	own->credentials = known ? known->id : 0;
	own->cred = (__u64)cred;
	own->user_namespace = (__u64)user_namespace;
	own->is_namespaced = BPF_CORE_READ(user_namespace, parent) ? 1 : 0;
	own->seen = key;
	return 0;
}

/* A call such as setgroups(2) makes credentials that are new, and the same in all that is noted. */
static __always_inline bool are_seen(const struct followed_task *own, const struct cred *cred,
				     const struct user_namespace *target)
{
	const struct credentials *seen = &own->seen;

	if (!bpf_core_field_exists(cred->cap_permitted.val))
		return false;
	return seen->image == own->image && seen->uid == cred->uid.val &&
	       seen->effective_uid == cred->euid.val && seen->securebits == cred->securebits &&
	       seen->permitted == cred->cap_permitted.val &&
	       seen->effective == cred->cap_effective.val &&
	       seen->inheritable == cred->cap_inheritable.val &&
	       seen->bounding == cred->cap_bset.val && seen->ambient == cred->cap_ambient.val &&
	       (own->user_namespace == (__u64)target ||
		own->user_namespace == (__u64)BPF_CORE_READ(cred, user_ns));
}

/*
 * Exec has already given the task the memory and the credentials of the program that it loads,
 * and the image is still the one that called it.
 */
static __always_inline bool is_executing(struct followed_task *own, struct task_struct *task)
{
	__u64 mm = (__u64)BPF_CORE_READ(task, mm);

	if (!own->mm)
		own->mm = mm;
	/* At its end a task has given its memory back. */
	return mm && own->mm != mm;
}

/*
 * Notes the credentials of the task where they are new, and returns their address. A change makes
 * new ones at another address: the old ones are still there when the new ones are made. The task's
 * own flag is the exception. `is_typed`: the verifier knows what `cred`, the checked credentials,
 * points to.
 */
static __always_inline __u64 update_credentials(struct followed_task *own, struct task_struct *task,
						const struct cred *cred,
						const struct user_namespace *target, bool is_typed)
{
	bool has_flag = own->seen.no_new_privileges == no_new_privileges(task);
	const struct cred *real;

	if (own->cred == (__u64)cred && has_flag)
		return own->cred;
	/* Some calls make new credentials for each check: there the copy would be felt. */
	real = is_typed ? task->real_cred : BPF_CORE_READ(task, real_cred);
	if (own->cred == (__u64)real && has_flag)
		return own->cred;
	if (is_typed && cred == real && has_flag && are_seen(own, cred, target))
		own->cred = (__u64)real;
	else if (!is_executing(own, task))
		note_credentials();
	return (__u64)real;
}

#endif
