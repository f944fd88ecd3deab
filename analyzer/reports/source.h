/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a source file, line by line. */
#ifndef REPORTS_SOURCE_H
#define REPORTS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/util/options.h"

struct source {
	char *path;            /* where it was found */
	char **lines;          /* without their ends, tabs as spaces */
	size_t count;
	uint64_t changed_ns;   /* when it was written last, as CLOCK_REALTIME counts */
};

/*
 * Reads the file that a compiler knew by this path: from there, or else from below one of the
 * folders by as much of the path's end as leads to a file.  Returns NULL if it is in
 * neither, or is none that can be read.
 */
struct source *source_read(const char *path, const struct text_list *folders);
void source_free(struct source *s);

/* Line number, from 1; NULL if the file has no such line. */
const char *source_line(const struct source *s, uint64_t number);

#endif
