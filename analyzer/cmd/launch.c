/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a program as if we were not there. */
#include "analyzer/cmd/launch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int passed_on[] = { SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGUSR1,
				 SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT };

/* Blocks them: sigwaitinfo() takes them one by one.  SIGCHLD must not be ignored for that. */
static void block_signals(sigset_t *set, sigset_t *old_set, struct sigaction *old_child)
{
	struct sigaction child = { .sa_handler = SIG_DFL };

	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(set, passed_on[i]);
	sigaction(SIGCHLD, &child, old_child);
	sigprocmask(SIG_BLOCK, set, old_set);
}

/*
 * Whether a process sent it, and so to us alone.  What a terminal sends comes from
 * the kernel and goes to the program as well, which must not get it twice.
 */
static bool is_for_us_alone(const siginfo_t *info)
{
	return info->si_code <= 0;
}

static bool is_job_control(int number)
{
	return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/*
 * Looks at what became of the program; true if it has ended.  When a terminal stops
 * it we stop too, so that the shell sees a stopped job and wakes us both.  A
 * SIGSTOP is somebody's who will wake the program and not us.
 */
static bool has_ended(pid_t child, int *status)
{
	while (waitpid(child, status, WNOHANG | WUNTRACED) == child) {
		if (!WIFSTOPPED(*status))
			return true;
		if (is_job_control(WSTOPSIG(*status)))
			raise(SIGSTOP);
	}
	return false;
}

/* Ctrl-C works on us again; what came while the program ended was its and is dropped. */
static void unblock_signals(const sigset_t *set, const sigset_t *old_set)
{
	struct timespec no_time = { 0, 0 };

	while (sigtimedwait(set, NULL, &no_time) > 0)
		;
	sigprocmask(SIG_SETMASK, old_set, NULL);
}

int launch(const char *path, char **arguments)
{
	struct sigaction old_child;
	sigset_t set, old_set;
	siginfo_t info;
	int status = -1;

	block_signals(&set, &old_set, &old_child);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		sigaction(SIGCHLD, &old_child, NULL);
		sigprocmask(SIG_SETMASK, &old_set, NULL);
		execvp(path, arguments);
		fprintf(stderr, "traceroundtrip record: %s: %s\n", path, strerror(errno));
		_exit(errno == ENOENT ? 127 : 126); /* as shells do */
	}
	if (child < 0) {
		fprintf(stderr, "traceroundtrip record: cannot start %s: %s\n", path,
			strerror(errno));
		unblock_signals(&set, &old_set);
		return -1;
	}
	while (!has_ended(child, &status)) {
		int number = sigwaitinfo(&set, &info);
		if (number > 0 && number != SIGCHLD && is_for_us_alone(&info))
			kill(child, number);
	}
	unblock_signals(&set, &old_set);
	return status;
}

void launch_end_like(int status)
{
	struct rlimit no_core = { 0, 0 };
	sigset_t set;

	if (!WIFSIGNALED(status))
		exit(WEXITSTATUS(status));
	fflush(NULL);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(WTERMSIG(status));
	exit(128 + WTERMSIG(status)); /* as shells tell it */
}
