/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * On each processor the kernel runs a program once at a time, and leaves it out for whoever comes meanwhile.
 * Where a task can be interrupted while a program runs for it, that is another task, whose check or child
 * would be lost. There each program has a spare, which to the kernel is another program. It is called
 * after the first one, for the same event, and does its work where that was left out.
 */
#ifndef CAPSCOPE_SPARES_BPF_H
#define CAPSCOPE_SPARES_BPF_H

#include "state.bpf.h"

/* What may run on a processor while another one is interrupted there. Spares are odd. */
enum program {
	CHECK = 0,
	CHECK_SPARE = 1,
	FORK = 2,
	FORK_SPARE = 3,
	EXEC = 4,
	EXEC_SPARE = 5,
	EXIT = 6,
	EXIT_SPARE = 7,
};

/* What is too large for the stack is taken from an array: an entry for each program that has a use for it. */
enum { STACK_SCRATCHES = FORK, IMAGE_SCRATCHES = EXIT };

/*
 * Whether the program, called with `ctx`, is to do the work. Both find the arguments at the same address.
 *
 * A spare that is left out itself may take the next event, if the first one is left out for that, for one that was
 * seen to. So neither ran, for an event of a task that is followed, at most as often as the one of the two was
 * left out that was left out less often.
 */
static __always_inline bool takes_turn(struct followed_task *own, enum program program, void *ctx)
{
	__u64 run = (__u64)ctx + (program & ~1);

	if (!options.has_spares)
		return true;
	if (program & 1) {
		if (own->last_run != run)
			return true;
		own->last_run = 0;
		return false;
	}
	own->last_run = run;
	return true;
}

#endif
