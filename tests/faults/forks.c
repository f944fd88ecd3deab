/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forks HOW CHILDREN: children are made while other threads send.  Each makes five
 * turns of its own; those that are executed anew make them after that.
 *
 * HOW: fork, exec, clone (the raw system call), or "child" for what exec starts.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/faults/trips.h"

#define THREADS 2
#define CHILD_TURNS 5

static int stop;

static void *busy(void *argument)
{
	uintptr_t turns = 0;
	int ends[2];

	pair_make(ends);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		pair_turn(ends);
		turns++;
	}
	return (void *)turns;
}

static int child(void)
{
	int ends[2];

	pair_make(ends);
	for (int i = 0; i < CHILD_TURNS; i++)
		pair_turn(ends);
	return 0;
}

static pid_t spawn(const char *how, char *program)
{
	pid_t pid = strcmp(how, "clone") ? fork() : (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0) {
		if (!strcmp(how, "exec")) {
			execl("/proc/self/exe", program, "child", NULL);
			_exit(9);
		}
		_exit(child());
	}
	return pid;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	uintptr_t turns = 0;

	if (argc == 2 && !strcmp(argv[1], "child"))
		return child();
	if (argc != 3)
		return 2;
	for (int i = 0; i < THREADS; i++)
		demand(pthread_create(&threads[i], NULL, busy, NULL) == 0, "pthread_create");
	for (int i = 0; i < atoi(argv[2]); i++) {
		pid_t pid = spawn(argv[1], argv[0]);
		int status = -1;

		demand(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "child");
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		turns += (uintptr_t)result;
	}
	printf("%zu\n", (size_t)turns);
	return 0;
}
