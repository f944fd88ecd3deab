/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long output goes through a pager, as git's does. */
#include "analyzer/util/pager.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pager;

static const char *pager_command(void)
{
	const char *command = getenv("TRACEROUNDTRIP_PAGER");

	if (!command)
		command = getenv("PAGER");
	if (!command)
		command = "command -v less >/dev/null && exec less; exec cat";
	return *command && strcmp(command, "cat") != 0 ? command : NULL;
}

static void run_pager(const char *command, int input)
{
	dup2(input, STDIN_FILENO);
	close(input);
	/* Quit if it fits one screen, show colours, leave the text there. */
	setenv("LESS", "FRX", 0);
	setenv("LV", "-c", 0);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

void pager_start(void)
{
	const char *command = pager_command();
	int ends[2];

	if (!command || !isatty(STDOUT_FILENO) || pipe(ends) != 0)
		return;
	fflush(NULL);
	pager = fork();
	if (pager == 0) {
		close(ends[1]);
		run_pager(command, ends[0]);
	}
	if (pager > 0) {
		/* Ctrl-C is for the pager: we end when it does. */
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
		dup2(ends[1], STDOUT_FILENO);
	}
	close(ends[0]);
	close(ends[1]);
}

void pager_finish(void)
{
	int status;

	fflush(stdout);
	if (pager <= 0)
		return;
	fclose(stdout);
	waitpid(pager, &status, 0);
	pager = 0;
}
