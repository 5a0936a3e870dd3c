// SPDX-License-Identifier: Apache-2.0
/*
 * Usage: microbenchmark FILE BLOCK BLOCKS OPERATION...
 *
 * Repeats each operation BLOCK times, BLOCKS times over, and prints a line for each: its name and
 * the nanoseconds that one took in a block that a tenth of the blocks beat: what interrupts a block
 * makes it slower and is no part of the operation. FILE is a file that root may open only because of CAP_DAC_OVERRIDE.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *file;

static int do_setgroups(void)
{
	return syscall(SYS_setgroups, 0, NULL);
}

static int do_open(void)
{
	int fd = open(file, O_RDWR);

	return fd < 0 ? -1 : close(fd);
}

/* Growing asks for memory, which is a check; shrinking asks nobody. */
static int do_brk(void)
{
	char *end = sbrk(0);

	return brk(end + 4096) || brk(end) ? -1 : 0;
}

static int do_getppid(void)
{
	return syscall(SYS_getppid) < 0 ? -1 : 0;
}

static const struct operation {
	const char *name;
	int (*run)(void);
} operations[] = {
	{ "setgroups", do_setgroups },
	{ "open", do_open },
	{ "brk", do_brk },
	{ "getppid", do_getppid },
};

static const struct operation *find_operation(const char *name)
{
	for (size_t at = 0; at < sizeof(operations) / sizeof(operations[0]); at++)
		if (!strcmp(operations[at].name, name))
			return &operations[at];
	fprintf(stderr, "microbenchmark: no operation %s\n", name);
	exit(2);
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static double time_block(const struct operation *operation, int block)
{
	double start = now_ns();

	for (int left = block; left > 0; left--)
		if (operation->run()) {
			perror(operation->name);
			exit(1);
		}
	return (now_ns() - start) / block;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
	int block = argc > 3 ? atoi(argv[2]) : 0, blocks = argc > 3 ? atoi(argv[3]) : 0;
	double *times;

	if (block < 1 || blocks < 1) {
		fprintf(stderr, "usage: microbenchmark FILE BLOCK BLOCKS OPERATION...\n");
		return 2;
	}
	file = argv[1];
	times = calloc(blocks, sizeof(*times));
	if (!times)
		return 1;
	for (int at = 4; at < argc; at++) {
		const struct operation *operation = find_operation(argv[at]);

		for (int done = 0; done < blocks; done++)
			times[done] = time_block(operation, block);
		qsort(times, blocks, sizeof(*times), compare);
		printf("%s %.3f\n", operation->name, times[blocks / 10]);
	}
	free(times);
	return 0;
}
