/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hook_cost FRAMES ROUNDS: prints, as one JSON object, nanoseconds a call.
 *
 * send and recv are on a real socket, read is on a file; a stub beneath them returns
 * at once (see stub.c).  floor is what any tracer with stacks must pay: two clock
 * reads and one unw_backtrace() of the same stack.  Rounds of all of them take turns;
 * each figure is the median of its rounds.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define CALLS 20000
#define ROUNDS_MAX 1001
#define STACK_DEPTH 128

enum measure { SEND, RECV, READ_FILE, FLOOR, MEASURES };

static const char *const names[MEASURES] = { "send", "recv", "read_file", "floor" };
static double ns_per_call[MEASURES][ROUNDS_MAX];

static int socket_fd, file_fd;
static int (*backtrace_of)(void **addresses, int size); /* unw_backtrace() */

static uint64_t floor_once(void)
{
	void *addresses[STACK_DEPTH];
	uint64_t start_ns = time_of(CLOCK_MONOTONIC);

	if (backtrace_of(addresses, STACK_DEPTH) < 1)
		abort();
	return time_of(CLOCK_MONOTONIC) - start_ns;
}

/*
 * The loops are in the innermost function, so that all calls have one stack.  The
 * thread's own time is taken: what other programs do in between is not.
 */
static double measure_calls(enum measure what)
{
	static char message[MESSAGE_BYTES];
	volatile uint64_t sink = 0;
	uint64_t start_ns = time_of(CLOCK_THREAD_CPUTIME_ID);

	for (int i = 0; i < CALLS; i++) {
		ssize_t n = sizeof(message);

		if (what == SEND)
			n = send(socket_fd, message, sizeof(message), 0);
		else if (what == RECV)
			n = recv(socket_fd, message, sizeof(message), 0);
		else if (what == READ_FILE)
			n = read(file_fd, message, sizeof(message));
		else
			sink = floor_once();
		if (n != sizeof(message))
			abort();
	}
	(void)sink;
	return (double)(time_of(CLOCK_THREAD_CPUTIME_ID) - start_ns) / CALLS;
}

/* Two functions that call each other, each with a frame that the compiler must keep. */
static double descend_a(int frames, enum measure what);

__attribute__((noinline, noclone)) static double descend_b(int frames, enum measure what)
{
	volatile char frame[48];

	frame[0] = (char)frames;
	double ns = frames ? descend_a(frames - 1, what) : measure_calls(what);

	return frame[0] == (char)frames ? ns : 0;
}

__attribute__((noinline, noclone)) static double descend_a(int frames, enum measure what)
{
	volatile char frame[16];

	frame[0] = (char)frames;
	double ns = frames ? descend_b(frames - 1, what) : measure_calls(what);

	return frame[0] == (char)frames ? ns : 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	int pair[2];
	int frames = argc == 3 ? atoi(argv[1]) : -1;
	int rounds = argc == 3 ? atoi(argv[2]) : 0;

	if (frames < 0 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: hook_cost FRAMES ROUNDS\n");
		return 2;
	}
	void *libunwind = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);

	*(void **)&backtrace_of = libunwind ? dlsym(libunwind, "unw_backtrace") : NULL;
	file_fd = open("/dev/zero", O_RDONLY);
	if (!backtrace_of || file_fd < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
		fprintf(stderr, "hook_cost: no libunwind.so.8, or no descriptors\n");
		return 1;
	}
	socket_fd = pair[0];
	for (int round = -1; round < rounds; round++) {
		for (enum measure what = 0; what < MEASURES; what++) {
			double ns = descend_a(frames, what);

			if (round >= 0) /* the first one warms up */
				ns_per_call[what][round] = ns;
		}
	}
	printf("{\"frames\":%d", frames);
	for (enum measure what = 0; what < MEASURES; what++) {
		qsort(ns_per_call[what], (size_t)rounds, sizeof(double), compare);
		printf(",\"%s\":%.2f", names[what], ns_per_call[what][rounds / 2]);
	}
	printf("}\n");
	return 0;
}
