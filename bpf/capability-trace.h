/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What capability-trace.bpf.c and src/linux/bpf/ exchange: little endian, no padding. */
#ifndef CAPSCOPE_CAPABILITY_TRACE_H
#define CAPSCOPE_CAPABILITY_TRACE_H

enum { COMM_LENGTH = 16, EXE_LENGTH = 512, ARGV_LENGTH = 1024, STACK_DEPTH = 48 };

/* Image ids below it are given out by user space, those from it on by the programs. */
enum { FIRST_KERNEL_IMAGE = 0x10000 };

enum trace_scope {
	SCOPE_TREE = 0,
	SCOPE_EVERYTHING = 1,
	SCOPE_GROUP = 2,
};

/* Of the control group: the v2 one, or the v1 one of a controller. */
enum trace_hierarchy {
	HIERARCHY_UNIFIED = 0,
	HIERARCHY_PIDS = 1,
	HIERARCHY_MEMORY = 2,
	HIERARCHY_DEVICES = 3,
	HIERARCHY_CPU = 4,
	HIERARCHY_CPUACCT = 5,
	HIERARCHY_FREEZER = 6,
	HIERARCHY_BLKIO = 7,
	HIERARCHY_CPUSET = 8,
};

/* NAME_MAX and the end. */
enum { GROUP_NAME_LENGTH = 256 };

/* Set before the load. */
struct trace_options {
	__u32 scope;
	/* With SCOPE_GROUP, and the group's id, which is the inode number of its directory. */
	__u32 hierarchy;
	__u64 group;
	/* Boot clock. */
	__u64 began_ns;
	/* 1 where the program is loaded that sees the end of each system call. */
	__u32 watches_exits;
	/* 1 where user space can follow the leading thread of a process only. */
	__u32 asks_leader;
	/* 1 where the kernel has the function by which a task is asked for a report. */
	__u32 asks_for_reports;
	/* 1 where the programs have spares. */
	__u32 has_spares;
	/* Only the group of this name in the group; "" for all of it. */
	char child[GROUP_NAME_LENGTH];
};
_Static_assert(sizeof(struct trace_options) == 40 + GROUP_NAME_LENGTH, "trace_options");

enum { SYMBOL_COUNT = 32, SYMBOL_LENGTH = 64 };

/* The one entry of map `symbols`: addresses that user space asks for, names that it gets. */
struct symbol_table {
	__u64 address[SYMBOL_COUNT];
	/* With the module's behind a blank; the address in hexadecimal where there is none. */
	char name[SYMBOL_COUNT][SYMBOL_LENGTH];
};
_Static_assert(sizeof(struct symbol_table) == (8 + SYMBOL_LENGTH) * SYMBOL_COUNT, "symbol_table");

/* Map `credentials`: what a task of an image had -> when and after what. */
struct credentials {
	__u32 image;
	__u32 uid;
	__u32 effective_uid;
	__u32 securebits;
	__u64 permitted;
	__u64 effective;
	__u64 inheritable;
	__u64 bounding;
	__u64 ambient;
	__u32 no_new_privileges;
	__u32 reserved;
};
_Static_assert(sizeof(struct credentials) == 64, "credentials");

/* Map `followed`: what a followed task carries. */
struct followed_task {
	/* 0: not followed. */
	__u32 image;
	/* 1 where the task's process is the one that the image is named after, not a fork of it. */
	__u32 is_main;
	/* Name of the row of `credentials` that the task was last seen with. */
	__u32 credentials;
	/* 1 where the task lives in a user namespace that is not the initial one. */
	__u32 is_namespaced;
	/* What was last seen of the task: the address of its credentials, of its user namespace ... */
	__u64 cred;
	__u64 user_namespace;
	/* ... and the credentials themselves. */
	struct credentials seen;
	/* Address of the control groups of which none is followed. */
	__u64 outside;
	/* Capabilities asked for in the system call whose end is awaited, and which one it is. */
	__u64 denied;
	__u64 granted;
	__s32 awaited_syscall;
	/* 1 where the task has an entry in `reports`. */
	__u32 was_asked;
	/* Address of the memory that the image runs in; 0 where it was not looked at. */
	__u64 mm;
	/* What ran for the task, until its spare sees it: spares.bpf.h. */
	__u64 last_run;
};
_Static_assert(sizeof(struct followed_task) == 144, "followed_task");

enum image_flags {
	IMAGE_EXEC_SEEN = 1,
	IMAGE_EXIT_SEEN = 2,
	IMAGE_ARGV_READ = 4,
	/* It ran before it was seen. */
	IMAGE_ATTACHED = 8,
};

/* Map `images`: id -> image. Times are nanoseconds of the boot clock. */
struct image {
	__u64 start_ns;
	/* 0 while a task of it is alive. */
	__u64 end_ns;
	/* When the process was made, which may have run other programs before. */
	__u64 task_start_ns;
	__u32 pid;
	__u32 parent_pid;
	/* Tasks that run it. */
	__s32 tasks;
	/* As wait(2) gives it. */
	__u32 exit_status;
	__u32 flags;
	/* Bytes that the arguments take, which may be more than fit. */
	__u32 argv_size;
	char comm[COMM_LENGTH];
	char exe[EXE_LENGTH];
	char argv[ARGV_LENGTH];
};
_Static_assert(sizeof(struct image) == 64 + EXE_LENGTH + ARGV_LENGTH, "image");

enum check_flags {
	CHECK_GRANTED = 1,
	CHECK_OWN_NAMESPACE = 2,
	CHECK_BORROWED_CREDENTIALS = 4,
	CHECK_SILENT = 8,
	/* The way in shows whether the check is silent. */
	CHECK_SILENT_KNOWN = 16,
	/* The target, or a namespace above it, is one that the task's user made. */
	CHECK_OWNS_NAMESPACE = 32,
	/* The arguments of the system call say that the answer changes nothing. */
	CHECK_MOOT = 64,
};

/* Numbers for check_key.syscall that are none. */
enum {
	SYSCALL_NONE = -1,
	/* A 32-bit call on a 64-bit kernel: numbered by another table. */
	SYSCALL_COMPAT = -2,
};

/* Map `checks`: key -> counters. */
struct check_key {
	__u32 image;
	__u32 target_namespace;
	__s32 syscall;
	__u16 capability;
	__u16 flags;
	/* Name of a row of `credentials`; 0 where there is none. */
	__u32 credentials;
	__u32 reserved;
};
_Static_assert(sizeof(struct check_key) == 24, "check_key");

/* A stack and how often it was seen. */
struct sample {
	/* 0: free. */
	__u32 stack;
	__u32 count;
};

enum { KERNEL_SAMPLES = 4, USER_SAMPLES = 2 };

struct check_counters {
	__u64 count;
	__u64 first_ns;
	__u64 last_ns;
	/* Name of this row in `samples`, which has the stacks that do not fit here. */
	__u32 row;
	__u32 reserved;
	struct sample kernel[KERNEL_SAMPLES];
	struct sample user[USER_SAMPLES];
};
_Static_assert(sizeof(struct check_counters) == 80, "check_counters");

/* Map `stacks`: return addresses, innermost first, zeros behind the last -> id. */
struct kernel_stack {
	__u64 address[STACK_DEPTH];
};
_Static_assert(sizeof(struct kernel_stack) == 8 * STACK_DEPTH, "kernel_stack");

enum { USER_STACK_DEPTH = 16 };

/* <linux/bpf.h>: struct bpf_stack_build_id */
struct user_frame {
	/* 1: build-id and offset; 2: address; 0 behind the last. */
	__s32 status;
	unsigned char build_id[20];
	__u64 place;
};
_Static_assert(sizeof(struct user_frame) == 32, "user_frame");

/* Map `user_stacks`: innermost first -> id. */
struct user_stack {
	struct user_frame frame[USER_STACK_DEPTH];
};
_Static_assert(sizeof(struct user_stack) == 32 * USER_STACK_DEPTH, "user_stack");

/* Ids of kernel stacks and of user stacks. */
enum { KERNEL_STACK = 0, USER_STACK = 0x40000000 };

/* Map `credentials`. */
struct credentials_note {
	__u64 first_ns;
	/* Name of this row, and of the one that the task had before; 0: none. */
	__u32 id;
	__u32 previous;
};
_Static_assert(sizeof(struct credentials_note) == 16, "credentials_note");

/* Map `outcomes`: how system calls with checks ended -> how often. */
struct outcome {
	__u64 denied;
	/* Only where the call failed for want of permission all the same. */
	__u64 granted;
	__u32 image;
	__s32 syscall;
	/* errno; 0: success. */
	__u32 error;
	__u32 reserved;
};
_Static_assert(sizeof(struct outcome) == 32, "outcome");

/* Map `samples`: which stack was seen in which row -> how often. */
struct sample_key {
	__u32 row;
	__u32 stack;
};
_Static_assert(sizeof(struct sample_key) == 8, "sample_key");

/* Section .bss. */
struct trace_state {
	__u64 lost_checks;
	__u64 lost_stacks;
	__u64 lost_images;
	/* Followed tasks that began, less those that ended, without those that user space added. */
	__s64 live_tasks;
	__u32 last_image;
	__u32 last_row;
	__u32 last_stack;
	__u32 last_credentials;
};
_Static_assert(sizeof(struct trace_state) == 48, "trace_state");

#endif
