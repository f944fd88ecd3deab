/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders for the time of a run. */
#include "analyzer/util/folder.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/util/alloc.h"

/* What is there now, for the handler; a command line has no more archives. */
#define FOLDERS_MAX 64
static char *volatile folders[FOLDERS_MAX];

static const int deadly[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };
#define DEADLY_COUNT (sizeof(deadly) / sizeof(deadly[0]))

/* Nothing but async-signal-safe functions (POSIX.1-2017, 2.4.3): rm(1) does the rest. */
static void remove_and_die(int number)
{
	for (size_t i = 0; i < FOLDERS_MAX; i++) {
		if (folders[i] && fork() == 0) {
			execl("/bin/rm", "rm", "-rf", "--", folders[i], (char *)NULL);
			_exit(127);
		}
	}
	signal(number, SIG_DFL);
	raise(number);
}

static void catch_signals(void)
{
	struct sigaction ours = { .sa_handler = remove_and_die }, before;

	for (size_t i = 0; i < DEADLY_COUNT; i++) {
		/* What somebody ignores stays ignored. */
		if (sigaction(deadly[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			sigaction(deadly[i], &ours, NULL);
	}
}

int folder_new(char path[PATH_MAX])
{
	const char *parent = getenv("TMPDIR");
	size_t place = 0;

	while (place < FOLDERS_MAX && folders[place])
		place++;
	if (place == FOLDERS_MAX)
		return EMFILE;
	if (snprintf(path, PATH_MAX, "%s/traceroundtrip.XXXXXX",
		     parent && *parent ? parent : "/tmp") >= PATH_MAX)
		return ENAMETOOLONG;
	if (!mkdtemp(path))
		return errno;
	folders[place] = xstrdup(path);
	catch_signals();
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	return remove(path);
}

void folder_remove(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	for (size_t i = 0; i < FOLDERS_MAX; i++) {
		if (folders[i] && strcmp(folders[i], path) == 0) {
			free(folders[i]);
			folders[i] = NULL;
		}
	}
}
