/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds libtraceroundtrip.so and puts it before a program. */
#include "analyzer/cmd/library.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/util/alloc.h"

#define LIBRARY "libtraceroundtrip.so"
#define SEPARATORS " :"

static bool is_there(const char *path)
{
	return access(path, R_OK) == 0;
}

/* The folder of the running program; false if the kernel does not tell. */
static bool own_folder(char *folder, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", folder, size - 1);

	if (length <= 0)
		return false;
	folder[length] = '\0';
	*strrchr(folder, '/') = '\0';
	return true;
}

bool library_find(char *path, size_t size)
{
	/* From the folder of the program: in a build folder, in an installed prefix. */
	static const char *const relatives[] = { "../preload", TRACEROUNDTRIP_LIBDIR_FROM_BINDIR };
	const char *named = getenv("TRACEROUNDTRIP_LIBRARY");
	char folder[PATH_MAX], candidate[PATH_MAX + 64], real[PATH_MAX];
	bool found = false;

	if (named && *named) {
		snprintf(candidate, sizeof(candidate), "%s", named);
		found = is_there(candidate);
	} else {
		bool known = own_folder(folder, sizeof(folder));
		for (size_t i = 0; known && !found && i < sizeof(relatives) / sizeof(relatives[0]);
		     i++) {
			snprintf(candidate, sizeof(candidate), "%s/%s/" LIBRARY, folder, relatives[i]);
			found = is_there(candidate);
		}
		if (!found)
			snprintf(candidate, sizeof(candidate), TRACEROUNDTRIP_LIBDIR "/" LIBRARY);
		found = found || is_there(candidate);
	}
	/* Absolute: the program may start others in other folders. */
	if (!found || !realpath(candidate, real))
		return false;
	snprintf(path, size, "%s", real);
	return true;
}

/* Whether one of the libraries in the list is this file. */
static bool is_listed(const char *list, const char *path)
{
	char *copy = xstrdup(list), *rest, real[PATH_MAX];
	bool listed = false;

	for (char *item = strtok_r(copy, SEPARATORS, &rest); item && !listed;
	     item = strtok_r(NULL, SEPARATORS, &rest))
		listed = strcmp(item, path) == 0 ||
			 (realpath(item, real) && strcmp(real, path) == 0);
	free(copy);
	return listed;
}

bool library_preload(const char *path)
{
	const char *old = getenv("LD_PRELOAD");

	if (strpbrk(path, SEPARATORS))
		return false;
	if (!old || !*old)
		return setenv("LD_PRELOAD", path, 1) == 0;
	if (is_listed(old, path))
		return true;
	size_t size = strlen(path) + strlen(old) + 2;
	char *list = xmalloc(size);
	snprintf(list, size, "%s:%s", path, old);
	bool set = setenv("LD_PRELOAD", list, 1) == 0;
	free(list);
	return set;
}
