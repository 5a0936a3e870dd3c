// SPDX-License-Identifier: Apache-2.0
/*
 * Opens the file that it is given through io_uring, by a worker of the kernel: IOSQE_ASYNC hands
 * the operation to one at once. Exits with 0 when the file was opened, 77 without io_uring.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct io_uring_params params;
	struct io_uring_sqe *entry;
	unsigned char *submissions, *completions;
	int ring;

	if (argc < 2)
		return 2;
	memset(&params, 0, sizeof(params));
	ring = syscall(SYS_io_uring_setup, 1, &params);
	if (ring < 0)
		return 77;
	submissions = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
			   IORING_OFF_SQ_RING);
	completions = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
			   IORING_OFF_CQ_RING);
	entry = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
		     IORING_OFF_SQES);
	if (submissions == MAP_FAILED || completions == MAP_FAILED || (void *)entry == MAP_FAILED)
		return 3;
	memset(entry, 0, sizeof(*entry));
	entry->opcode = IORING_OP_OPENAT;
	entry->flags = IOSQE_ASYNC;
	entry->fd = AT_FDCWD;
	entry->addr = (unsigned long)argv[1];
	entry->open_flags = O_RDONLY;
	*(unsigned *)(submissions + params.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(submissions + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) != 1)
		return 4;
	struct io_uring_cqe *result = (void *)(completions + params.cq_off.cqes);
	if (result->res < 0) {
		fprintf(stderr, "opening: errno %d\n", -result->res);
		return 1;
	}
	return 0;
}
