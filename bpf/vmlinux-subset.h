/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types that the programs read, cut down to the members that they read. The loader
 * finds the members' real offsets in the running kernel's BTF (CO-RE).
 */
#ifndef CAPSCOPE_VMLINUX_SUBSET_H
#define CAPSCOPE_VMLINUX_SUBSET_H

/* Tells <bpf/bpf_tracing.h> that struct pt_regs has the kernel's member names. */
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed int __s32;
typedef signed long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef int pid_t;
typedef _Bool bool;
#define true 1
#define false 0

/* <linux/bpf.h> */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};
enum {
	BPF_F_NO_PREALLOC = 1,
};
enum {
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
};
enum {
	BPF_F_USER_STACK = 1 << 8,
	BPF_F_USER_BUILD_ID = 1 << 11,
};

struct bpf_map {
	__u32 id;
};

/* Known to the kernel by its name, since Linux 6.18. */
struct bpf_task_work {
	__u64 __opaque;
} __attribute__((aligned(8)));

/* <asm-generic/errno-base.h> */
#define EPERM 1
#define EACCES 13
/* <linux/sched.h> */
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD 0x00200000
#define PFA_NO_NEW_PRIVS 0x1
/* <linux/sched/signal.h> */
#define SIGNAL_GROUP_EXIT 0x00000004
/* kernel/locking/rwsem.c */
#define RWSEM_WRITER_LOCKED 1
/* <linux/security.h> */
#define CAP_OPT_NOAUDIT 0x2
/* arch/x86/include/asm/thread_info.h */
#define TS_COMPAT 0x0002
/* arch/arm64/include/asm/thread_info.h */
#define TIF_32BIT 22

#if defined(__TARGET_ARCH_x86)
/* The same in all kernels: user space sees it through ptrace(2). */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs,
		flags, sp, ss;
};
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct thread_info {
	__u32 status;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
};

struct pt_regs {
	__u64 orig_x0;
	__s32 syscallno;
};

struct thread_info {
	unsigned long flags;
};
#endif

struct ns_common {
	unsigned int inum;
};

typedef struct {
	unsigned int val;
} kuid_t;

typedef struct {
	unsigned int val;
} kgid_t;

/* Its member is another one before Linux 6.3. */
typedef struct {
	__u64 val;
} kernel_cap_t;

struct user_namespace {
	struct user_namespace *parent;
	kuid_t owner;
	struct ns_common ns;
};

struct cred {
	kuid_t uid, suid, euid;
	kgid_t gid, sgid, egid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	struct user_namespace *user_ns;
};

struct kernfs_node {
	const char *name;
	__u64 id;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

/* Numbered by the kernel's configuration. */
enum cgroup_subsys_id {
	cpuset_cgrp_id,
	cpu_cgrp_id,
	cpuacct_cgrp_id,
	io_cgrp_id,
	memory_cgrp_id,
	devices_cgrp_id,
	freezer_cgrp_id,
	pids_cgrp_id,
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
};

typedef struct {
	long counter;
} atomic_long_t;

struct rw_semaphore {
	atomic_long_t count;
};

struct mm_struct {
	unsigned long arg_start, arg_end;
	struct rw_semaphore mmap_lock;
};

struct bpf_local_storage;

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	struct mm_struct *mm;
	int exit_code;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	const struct cred *real_cred;
	char comm[16];
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct bpf_local_storage *bpf_storage;
	unsigned long atomic_flags;
	/* Nanoseconds of the boot clock. */
	__u64 start_boottime;
};

struct linux_binprm {
	const char *filename;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#endif
