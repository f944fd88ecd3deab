/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what was named on the command line to trace files. */
#ifndef TRACE_PATHS_H
#define TRACE_PATHS_H

#include <stddef.h>

#define DEFAULT_PATH "traceroundtrip.data"

typedef void warn_line(const char *line);

struct path_list {
	char **paths;
	size_t count, capacity;
};

/*
 * Lists the files to read: path itself, or, if it is a folder, all of its *.trt
 * in order of name.  Returns 1 after one line through warn if there are none, else 0.
 */
size_t paths_add(struct path_list *list, const char *path, warn_line *warn);
void paths_free(struct path_list *list);

/* One line through warn. */
__attribute__((format(printf, 2, 3))) void warn_format(warn_line *warn, const char *format, ...);

#endif
