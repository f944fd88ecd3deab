/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder for the time of a run. */
#ifndef UTIL_FOLDER_H
#define UTIL_FOLDER_H

#include <limits.h>

/* Makes one below $TMPDIR, else /tmp, that only the user can read.  0, or an errno. */
int folder_new(char path[PATH_MAX]);

/* Removes it with the files in it and in its folders. */
void folder_remove(const char *path);

#endif
