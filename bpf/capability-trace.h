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
};

/* Set before the load. */
struct trace_options {
	__u32 scope;
	__u32 reserved;
};
_Static_assert(sizeof(struct trace_options) == 8, "trace_options");

enum { SYMBOL_COUNT = 128, SYMBOL_LENGTH = 64 };

/* The one entry of map `symbols`: addresses that user space asks for, names that it gets. */
struct symbol_table {
	__u64 address[SYMBOL_COUNT];
	/* With the module's behind a blank; the address in hexadecimal where there is none. */
	char name[SYMBOL_COUNT][SYMBOL_LENGTH];
};
_Static_assert(sizeof(struct symbol_table) == (8 + SYMBOL_LENGTH) * SYMBOL_COUNT, "symbol_table");

/* Section .data.switches: written by user space alone, at any time. */
struct trace_switches {
	/* 1 where user space could follow the leading thread of a process only. */
	__u32 ask_leader;
	__u32 reserved;
};
_Static_assert(sizeof(struct trace_switches) == 8, "trace_switches");

/* Map `followed`: what a followed task carries. */
struct followed_task {
	/* 0: not followed. */
	__u32 image;
	/* 1 where the task's process is the one that the image is named after, not a fork of it. */
	__u32 is_main;
};
_Static_assert(sizeof(struct followed_task) == 8, "followed_task");

enum image_flags {
	IMAGE_EXEC_SEEN = 1,
	IMAGE_EXIT_SEEN = 2,
	IMAGE_ARGV_READ = 4,
};

/* Map `images`: id -> image. Times are nanoseconds of the boot clock. */
struct image {
	__u64 start_ns;
	/* 0 while a task of it is alive. */
	__u64 end_ns;
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
_Static_assert(sizeof(struct image) == 56 + EXE_LENGTH + ARGV_LENGTH, "image");

enum check_flags {
	CHECK_GRANTED = 1,
	CHECK_OWN_NAMESPACE = 2,
	CHECK_BORROWED_CREDENTIALS = 4,
	CHECK_SILENT = 8,
	/* The way in shows whether the check is silent. */
	CHECK_SILENT_KNOWN = 16,
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
};
_Static_assert(sizeof(struct check_key) == 16, "check_key");

struct check_counters {
	__u64 count;
	__u64 first_ns;
	__u64 last_ns;
	/* Name of this row in `samples`. */
	__u32 row;
	__u32 reserved;
};
_Static_assert(sizeof(struct check_counters) == 32, "check_counters");

/* Map `stacks`: return addresses, innermost first, zeros behind the last -> id. */
struct kernel_stack {
	__u64 address[STACK_DEPTH];
};
_Static_assert(sizeof(struct kernel_stack) == 8 * STACK_DEPTH, "kernel_stack");

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
	__u32 reserved;
};
_Static_assert(sizeof(struct trace_state) == 48, "trace_state");

#endif
