/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder for the time of a run. */
#include "analyzer/util/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

int folder_new(char path[PATH_MAX])
{
	const char *parent = getenv("TMPDIR");

	if (snprintf(path, PATH_MAX, "%s/traceroundtrip.XXXXXX",
		     parent && *parent ? parent : "/tmp") >= PATH_MAX)
		return ENAMETOOLONG;
	return mkdtemp(path) ? 0 : errno;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	return remove(path);
}

void folder_remove(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
