/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tells whether a trace is being written.  A live process with the right id is
 * not enough: ids are used again, differ between containers, and stay when a process
 * executes another program.  The writer is who maps the file, see proc(5), maps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/trace/load.h"

/*
 * Whether a line of maps is of this file: by inode, or, as file systems with layers show
 * other numbers there, by path.
 */
static bool maps_file(const char *line, const struct trace_file *f, const char *real_path)
{
	unsigned long long inode;
	const char *path = strchr(line, '/');

	if (!path || sscanf(line, "%*s %*s %*s %*s %llu", &inode) != 1)
		return false;
	if (strcmp(path, real_path) == 0)
		return true;
	return inode == f->inode && strcmp(strrchr(path, '/'), strrchr(real_path, '/')) == 0;
}

bool trace_running(const struct trace *t)
{
	char maps_path[64], *real_path = realpath(t->file.path, NULL), *line = NULL;
	bool found = false;
	size_t size = 0;
	FILE *maps;

	snprintf(maps_path, sizeof(maps_path), "/proc/%d/maps", t->header.pid);
	maps = real_path ? fopen(maps_path, "re") : NULL;
	while (maps && !found && getline(&line, &size, maps) > 0) {
		line[strcspn(line, "\n")] = '\0';
		found = maps_file(line, &t->file, real_path);
	}
	if (maps)
		fclose(maps);
	free(line);
	free(real_path);
	return found;
}
