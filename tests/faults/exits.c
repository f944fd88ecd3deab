/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exits HOW: three turns on a pair of sockets, then the end in one of many ways. */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/faults/trips.h"

static void *last_thread(void *argument)
{
	pthread_join(*(pthread_t *)argument, NULL);
	exit(0);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int ends[2];

	pair_make(ends);
	for (int i = 0; i < 3; i++)
		pair_turn(ends);
	if (!strcmp(how, "_exit"))
		_exit(0);
	if (!strcmp(how, "exit_group"))
		syscall(SYS_exit_group, 0);
	if (!strcmp(how, "quick_exit"))
		quick_exit(0);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "fault"))
		raise(SIGSEGV);
	if (!strcmp(how, "terminated"))
		raise(SIGTERM);
	if (!strcmp(how, "exec"))
		execl("/proc/self/exe", argv[0], "return", NULL);
	if (!strcmp(how, "pthread_exit")) {
		static pthread_t self;
		pthread_t thread;

		self = pthread_self();
		demand(pthread_create(&thread, NULL, last_thread, &self) == 0, "pthread_create");
		pthread_exit(NULL);
	}
	return 0;
}
