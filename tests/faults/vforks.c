/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vforks HOW: vfork and posix_spawn children, which share our memory, close and replace
 * descriptors of theirs.  Our connections must go on as if nothing had happened.
 */
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/faults/trips.h"

extern char **environ;

static void reap(pid_t pid)
{
	int status = -1;

	demand(waitpid(pid, &status, 0) == pid && status == 0, "child");
}

static void with_vfork(const int ends[2])
{
	pid_t pid = vfork();

	if (pid == 0) {
		close(ends[0]);
		dup2(2, ends[1]);
		execl("/bin/true", "true", NULL);
		_exit(9);
	}
	reap(pid);
}

static void with_posix_spawn(const int ends[2])
{
	posix_spawn_file_actions_t actions;
	char *arguments[] = { (char *)"true", NULL };
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_adddup2(&actions, 2, ends[1]);
	demand(posix_spawn(&pid, "/bin/true", &actions, NULL, arguments, environ) == 0, "spawn");
	posix_spawn_file_actions_destroy(&actions);
	reap(pid);
}

int main(int argc, char **argv)
{
	int ends[2];

	if (argc != 2)
		return 2;
	/* Children are not this test's: what they inherit must not trace them. */
	unsetenv("LD_PRELOAD");
	pair_make(ends);
	pair_turn(ends);
	for (int i = 0; i < 20; i++) {
		if (!strcmp(argv[1], "vfork"))
			with_vfork(ends);
		else if (!strcmp(argv[1], "system"))
			demand(system("exec 3>&- 4>&-") == 0, "system");
		else
			with_posix_spawn(ends);
		pair_turn(ends);
	}
	return 0;
}
