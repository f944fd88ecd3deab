/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * killed FILE THREADS: threads that send and receive until they are killed.  FILE is a
 * shared mapping of one struct count a thread, true at every moment.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct count {
	uint64_t tid;
	uint64_t calls; /* that returned to the program */
};

static void *work(void *argument)
{
	struct count *count = argument;
	int ends[2];
	char byte = 'x';

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
	__atomic_store_n(&count->calls, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&count->tid, (uint64_t)gettid(), __ATOMIC_RELEASE);
	for (;;) {
		if (send(ends[0], &byte, 1, 0) != 1)
			abort();
		__atomic_fetch_add(&count->calls, 1, __ATOMIC_RELEASE);
		if (recv(ends[1], &byte, 1, 0) != 1)
			abort();
		__atomic_fetch_add(&count->calls, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	size_t threads = (size_t)atoi(argv[2]);
	int fd = open(argv[1], O_RDWR);
	struct count *counts =
		mmap(NULL, threads * sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (counts == MAP_FAILED)
		return 2;
	close(fd);
	for (size_t i = 0; i < threads; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, work, &counts[i]) != 0)
			return 2;
	}
	for (;;)
		pause();
}
