/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls for an interpreter to make through its foreign function interface: what a hook costs
 * when the stack that calls it is one of the language's.  On a stub beneath (see stub.c).
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define CACHES_BYTES (64u << 20)
#define SHOTS_MAX 1001

int calls_open(void);
double calls_ns(int fd, int count);
double calls_cold_ns(int fd, int shots);

static uint64_t time_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void call(int fd)
{
	static char message[64];

	if (send(fd, message, sizeof(message), 0) != sizeof(message))
		abort();
}

static void *open_pair(void *fd)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		abort();
	call(pair[0]);
	*(int *)fd = pair[0];
	return NULL;
}

/* A socket, made and used once in a thread that runs no language: what that costs is over. */
int calls_open(void)
{
	pthread_t thread;
	int fd;

	if (pthread_create(&thread, NULL, open_pair, &fd) != 0 || pthread_join(thread, NULL) != 0)
		abort();
	return fd;
}

/* Nanoseconds a call.  The thread's own time; of one call the clock's. */
double calls_ns(int fd, int count)
{
	clockid_t clock = count == 1 ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
	uint64_t start_ns = time_of(clock);

	for (int i = 0; i < count; i++)
		call(fd);
	return (double)(time_of(clock) - start_ns) / count;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of single calls, each after so much else was read that no cache remembers. */
double calls_cold_ns(int fd, int shots)
{
	static volatile char other[CACHES_BYTES];
	static double ns[SHOTS_MAX];

	if (shots < 1 || shots > SHOTS_MAX)
		abort();
	for (int i = 0; i < shots; i++) {
		for (size_t at = 0; at < sizeof(other); at += 64)
			other[at]++;
		ns[i] = calls_ns(fd, 1);
	}
	qsort(ns, (size_t)shots, sizeof(*ns), compare);
	return ns[shots / 2];
}
