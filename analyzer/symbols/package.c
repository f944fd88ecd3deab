/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which package has the debug data of a file.  dpkg(1) keeps a list of the files of each
 * package, a path a line, in INFO_FOLDER/PACKAGE[:ARCHITECTURE].list.
 */
#include "analyzer/symbols/package.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/util/alloc.h"

#define INFO_FOLDER "/var/lib/dpkg/info"

/* Read once: megabytes that are searched in milliseconds. */
struct list {
	char *package;
	char *paths; /* "\n/usr/lib/a.so\n...\n" */
};

static struct list *lists;
static size_t list_count, list_room;

static char *read_list(const char *name)
{
	char path[PATH_MAX];
	size_t used = 1, room = 8192, got;
	char *text = xmalloc(room);

	snprintf(path, sizeof(path), INFO_FOLDER "/%s", name);
	FILE *file = fopen(path, "re");
	text[0] = '\n';
	while (file && (got = fread(text + used, 1, room - used - 1, file)) > 0) {
		used += got;
		if (used + 1 >= room)
			text = xreallocarray(text, room *= 2, 1);
	}
	if (file)
		fclose(file);
	text[used] = '\0';
	return text;
}

static void read_lists(void)
{
	static bool tried;
	DIR *folder = tried ? NULL : opendir(INFO_FOLDER);
	struct dirent *entry;

	tried = true;
	while (folder && (entry = readdir(folder))) {
		char *end = strstr(entry->d_name, ".list");
		if (!end || end[5])
			continue;
		lists = xgrow(lists, list_count, &list_room, sizeof(*lists));
		struct list *l = &lists[list_count++];
		l->paths = read_list(entry->d_name);
		*end = '\0';
		l->package = xstrdup(entry->d_name);
		l->package[strcspn(l->package, ":")] = '\0';
	}
	if (folder)
		closedir(folder);
}

static const char *find_package(const char *path)
{
	char line[PATH_MAX + 2];

	snprintf(line, sizeof(line), "\n%s\n", path);
	for (size_t i = 0; i < list_count; i++) {
		if (strstr(lists[i].paths, line))
			return lists[i].package;
	}
	return NULL;
}

/* /lib is /usr/lib by now; packages name either. */
static const char *find_either(const char *path)
{
	char other[PATH_MAX];
	const char *package = find_package(path);

	if (package)
		return package;
	if (strncmp(path, "/usr/", 5) == 0)
		return find_package(path + 4);
	snprintf(other, sizeof(other), "/usr%s", path);
	return find_package(other);
}

bool package_with_debug_data(const char *path, char *name, size_t size)
{
	read_lists();
	const char *package = find_either(path);
	char *real = package ? NULL : realpath(path, NULL);

	if (real)
		package = find_either(real);
	free(real);
	if (!package)
		return false;
	/* The C library's is older than the automatic ones. */
	snprintf(name, size, "%s-%s", package, strcmp(package, "libc6") == 0 ? "dbg" : "dbgsym");
	return true;
}
