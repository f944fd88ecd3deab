/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user's cache of names, by build id.  It lies where the XDG Base Directory
 * Specification (0.8) has it: $XDG_CACHE_HOME, else $HOME/.cache.
 */
#include "analyzer/symbols/cache.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line in a run of the program: names do not depend on the cache. */
__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
	static bool said;
	va_list arguments;

	if (said)
		return;
	said = true;
	va_start(arguments, format);
	fputs("traceroundtrip: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

/* The file of a module; false if there is no cache or the module has no name in it. */
static bool find_path(const struct module *m, char *path, size_t size)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char folder[PATH_MAX];
	bool given = cache && cache[0] == '/'; /* others are to be ignored, says the standard */

	if (!m->build_id_bytes || (!given && !(home && home[0] == '/')))
		return false;
	snprintf(folder, sizeof(folder), "%s%s/traceroundtrip", given ? cache : home,
		 given ? "" : "/.cache");
	return store_path(folder, m, path, size);
}

struct store *cache_read(const struct module *m)
{
	char path[PATH_MAX];
	bool damaged = false;
	struct store *s = find_path(m, path, sizeof(path)) ? store_read(path, &damaged) : NULL;

	if (damaged)
		complain("%s: not a file of names; made anew", path);
	return s;
}

void cache_write(const struct module *m, struct store *s)
{
	char path[PATH_MAX];
	int error = 0;

	if (store_changed(s) && find_path(m, path, sizeof(path)))
		error = store_write(s, path, false);
	if (error)
		complain("%s: %s; names are not remembered", path, strerror(error));
}
