/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Questions whose answer changes nothing, which only the arguments of the system call tell: a mode
 * without the set-group-ID bit that could be taken away, an id that the task has already.
 */
#ifndef CAPSCOPE_MOOT_BPF_H
#define CAPSCOPE_MOOT_BPF_H

#include "state.bpf.h"

enum { CAP_FSETID = 4, CAP_SETGID = 6, CAP_SETUID = 7 };
enum { S_ISGID = 02000 };

#if defined(__TARGET_ARCH_x86)
enum { SYS_CHMOD = 90, SYS_FCHMOD = 91, SYS_FCHMODAT = 268, SYS_SETUID = 105, SYS_SETGID = 106 };
#elif defined(__TARGET_ARCH_arm64)
/* It has no chmod(2). */
enum { SYS_CHMOD = 1024, SYS_FCHMOD = 52, SYS_FCHMODAT = 53, SYS_SETUID = 146, SYS_SETGID = 144 };
#endif
enum { SYS_FCHMODAT2 = 452 };

static __always_inline __u64 syscall_argument(struct task_struct *task, int number)
{
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);

#if defined(__TARGET_ARCH_x86)
	return number == 0 ? registers->di : number == 1 ? registers->si : registers->dx;
#elif defined(__TARGET_ARCH_arm64)
	struct user_pt_regs *user = (struct user_pt_regs *)registers;

	/* The first one makes room for the result. */
	if (number == 0)
		return BPF_CORE_READ(registers, orig_x0);
	return number == 1 ? BPF_CORE_READ(user, regs[1]) : BPF_CORE_READ(user, regs[2]);
#endif
}

/* kernel/sys.c, __sys_setuid() and __sys_setgid(): all three ids become the one that is given. */
static __always_inline bool is_user(const struct cred *cred, __u32 id)
{
	return BPF_CORE_READ(cred, uid.val) == id && BPF_CORE_READ(cred, euid.val) == id &&
	       BPF_CORE_READ(cred, suid.val) == id;
}

static __always_inline bool is_group(const struct cred *cred, __u32 id)
{
	return BPF_CORE_READ(cred, gid.val) == id && BPF_CORE_READ(cred, egid.val) == id &&
	       BPF_CORE_READ(cred, sgid.val) == id;
}

/* fs/attr.c, setattr_prepare() and setattr_copy(): asked whatever the mode is. */
static __noinline int is_moot(const struct check_key *key, const struct cred *cred)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!key)
		return 0;
	switch (key->syscall) {
	case SYS_CHMOD:
	case SYS_FCHMOD:
		return key->capability == CAP_FSETID && !(syscall_argument(task, 1) & S_ISGID);
	case SYS_FCHMODAT:
	case SYS_FCHMODAT2:
		return key->capability == CAP_FSETID && !(syscall_argument(task, 2) & S_ISGID);
	/* In a child user namespace the number is another one than the kernel's. */
	case SYS_SETUID:
		return key->capability == CAP_SETUID && !BPF_CORE_READ(cred, user_ns, parent) &&
		       is_user(cred, syscall_argument(task, 0));
	case SYS_SETGID:
		return key->capability == CAP_SETGID && !BPF_CORE_READ(cred, user_ns, parent) &&
		       is_group(cred, syscall_argument(task, 0));
	}
	return 0;
}

#endif
