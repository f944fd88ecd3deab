/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * escapes longjmp | cancel COUNT: calls that never return to where they were made,
 * COUNT times; then turns that must be traced as ever.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/faults/trips.h"

static sigjmp_buf back;
static int ends[2];

static void jump(int number)
{
	siglongjmp(back, 1);
}

static void by_longjmp(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 500 } };
	char byte;

	if (sigsetjmp(back, 1) == 0) {
		demand(setitimer(ITIMER_REAL, &soon, NULL) == 0, "setitimer");
		for (;;)
			recv(ends[0], &byte, 1, 0);
	}
}

static void *wait_for_nothing(void *argument)
{
	char byte;

	for (;;)
		recv(ends[0], &byte, 1, 0);
	return NULL;
}

static void by_cancel(void)
{
	pthread_t thread;
	void *result;

	demand(pthread_create(&thread, NULL, wait_for_nothing, NULL) == 0, "pthread_create");
	usleep(500);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	demand(result == PTHREAD_CANCELED, "cancelled");
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	pair_make(ends);
	signal(SIGALRM, jump);
	for (int i = 0; i < atoi(argv[2]); i++) {
		if (!strcmp(argv[1], "longjmp"))
			by_longjmp();
		else
			by_cancel();
	}
	for (int i = 0; i < 10; i++)
		pair_turn(ends);
	return 0;
}
