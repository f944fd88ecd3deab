/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders for the time of a run. */
#ifndef UTIL_FOLDER_H
#define UTIL_FOLDER_H

#include <limits.h>

/*
 * Makes one below $TMPDIR, else /tmp, that only the user can read.  It is removed when a signal
 * ends the program, too, but for SIGKILL.  Returns 0, or an errno.
 */
int folder_new(char path[PATH_MAX]);

/* Removes it with all that is in it. */
void folder_remove(const char *path);

#endif
