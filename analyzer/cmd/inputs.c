/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a command line names to a recording. */
#include "analyzer/cmd/inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/archive/archive.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/folder.h"

/* Folders of this process: a command line is read once. */
static char **unpacked;
static size_t unpacked_count, unpacked_room;

static void warn(const char *line)
{
	fprintf(stderr, "traceroundtrip: %s\n", line);
}

static void warn_about(const char *path, const char *reason)
{
	fprintf(stderr, "traceroundtrip: %s: %s\n", path, reason);
}

/* The folder that an archive was unpacked to; NULL after a line on stderr. */
static const char *unpack(const char *path)
{
	char folder[PATH_MAX];
	int error = folder_new(folder);

	if (error) {
		warn_about(folder, strerror(error));
		return NULL;
	}
	unpacked = xgrow(unpacked, unpacked_count, &unpacked_room, sizeof(char *));
	unpacked[unpacked_count++] = xstrdup(folder);
	const char *reason = archive_unpack(path, folder);
	if (reason) {
		warn_about(path, reason);
		return NULL;
	}
	return unpacked[unpacked_count - 1];
}

/* Names that lie beside traces: of an archive, unpacked by us or by hand. */
static void add_names(const char *folder, struct symbols_options *options)
{
	size_t bytes = strlen(folder) + sizeof("/symbols");
	char *names = xmalloc(bytes);
	struct stat status;

	snprintf(names, bytes, "%s/symbols", folder);
	if (stat(names, &status) != 0 || !S_ISDIR(status.st_mode)) {
		free(names);
		return;
	}
	options->archives.items = xreallocarray(options->archives.items,
						options->archives.count + 1, sizeof(char *));
	options->archives.items[options->archives.count++] = names;
}

struct recording *inputs_open(char **traces, size_t count, struct symbols_options *options,
			      size_t *failed)
{
	const char *output = getenv("TRACEROUNDTRIP_OUTPUT");
	const char **paths = xcalloc(count + 1, sizeof(*paths));
	size_t left = 0, bad = 0;
	struct recording *r = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *path = archive_is_one(traces[i]) ? unpack(traces[i]) : traces[i];
		if (path)
			paths[left++] = path;
		else
			bad++;
	}
	if (!count)
		paths[left++] = output && *output ? output : "traceroundtrip.data";
	for (size_t i = 0; i < left; i++)
		add_names(paths[i], options);
	*failed = 0;
	if (left)
		r = recording_open(paths, left, warn, failed);
	*failed += bad;
	free(paths);
	return r;
}

void inputs_close(void)
{
	for (size_t i = 0; i < unpacked_count; i++) {
		folder_remove(unpacked[i]);
		free(unpacked[i]);
	}
	free(unpacked);
	unpacked = NULL;
	unpacked_count = unpacked_room = 0;
}
