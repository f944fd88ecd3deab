/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signals CALLS: a handler sends 1,000 times a second while the program itself sends,
 * on another socket.  Prints how many calls each made: program, handler.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/faults/trips.h"

static int handler_ends[2];
static volatile sig_atomic_t handler_calls;
static volatile sig_atomic_t errno_changed;

static void on_alarm(int number)
{
	char byte;
	int kept = errno;

	errno = 12345;
	if (send(handler_ends[0], "h", 1, 0) == 1)
		handler_calls++;
	if (read(handler_ends[1], &byte, 1) == 1)
		handler_calls++;
	/* Calls that worked leave errno alone. */
	if (errno != 12345)
		errno_changed = 1;
	errno = kept;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART | SA_ONSTACK };
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
	static char small_stack[16384];
	stack_t stack = { .ss_sp = small_stack, .ss_size = sizeof(small_stack) };
	int ends[2];

	if (argc != 2)
		return 2;
	long calls = atol(argv[1]);

	pair_make(ends);
	pair_make(handler_ends);
	demand(sigaltstack(&stack, NULL) == 0, "sigaltstack");
	demand(sigaction(SIGALRM, &action, NULL) == 0, "sigaction");
	demand(setitimer(ITIMER_REAL, &every, NULL) == 0, "setitimer");
	for (long i = 0; i < calls; i += 4)
		pair_turn(ends);
	demand(setitimer(ITIMER_REAL, &never, NULL) == 0, "setitimer");
	demand(!errno_changed, "errno in the handler");
	printf("%ld %ld\n", calls, (long)handler_calls);
	return 0;
}
