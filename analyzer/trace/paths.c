/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the trace files below a path. */
#include "analyzer/trace/paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/util/alloc.h"

#define SUFFIX ".trt"

void warn_format(warn_line *warn, const char *format, ...)
{
	va_list arguments;
	char *line = NULL;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) >= 0)
		warn(line);
	va_end(arguments);
	free(line);
}

static void add(struct path_list *list, const char *folder, const char *name)
{
	size_t bytes = strlen(folder) + strlen(name) + 2;
	char *path = xmalloc(bytes);

	if (*folder)
		snprintf(path, bytes, "%s%s%s", folder,
			 folder[strlen(folder) - 1] == '/' ? "" : "/", name);
	else
		snprintf(path, bytes, "%s", name);
	list->paths = xgrow(list->paths, list->count, &list->capacity, sizeof(char *));
	list->paths[list->count++] = path;
}

static int is_trace_name(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > strlen(SUFFIX) &&
	       strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

size_t paths_add(struct path_list *list, const char *path, warn_line *warn)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_trace_name, compare_names);

	if (count < 0 && errno == ENOTDIR) {
		add(list, "", path);
		return 0;
	}
	if (count < 0) {
		warn_format(warn, "%s: %s", path, strerror(errno));
		return 1;
	}
	for (int i = 0; i < count; i++) {
		add(list, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (count == 0) {
		warn_format(warn, "%s: there is no trace (*" SUFFIX ") in this folder", path);
		return 1;
	}
	return 0;
}

void paths_free(struct path_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	*list = (struct path_list){ 0 };
}
