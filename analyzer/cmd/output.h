/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder that a recording goes to. */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include <limits.h>

enum output_result {
	OUTPUT_READY,
	OUTPUT_TAKEN,      /* what is at taken is no recording: it stays as it is */
	OUTPUT_BUSY,       /* another recording is being written to it */
	OUTPUT_IMPOSSIBLE, /* it cannot be made; errno in error */
};

struct output {
	char name[PATH_MAX]; /* as the user knows it */
	char path[PATH_MAX]; /* absolute */
	char taken[PATH_MAX + 8];
	int error;
};

/*
 * Makes the folder, with mode 0700.  A recording that is there becomes NAME.old; one
 * that has that name is removed, but never anything that is not a recording.  It stays
 * locked (flock(2)) until the process ends, for others to know that it is in use.
 */
enum output_result output_prepare(const char *name, struct output *output);

/* Calls visit for each trace file in the folder, in no order. */
void output_visit(const char *folder, void (*visit)(const char *path, void *user), void *user);

#endif
