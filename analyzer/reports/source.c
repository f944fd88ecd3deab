/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a source file, line by line. */
#include "analyzer/reports/source.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/util/alloc.h"
#include "analyzer/util/text.h"

static FILE *open_file(const char *path, struct stat *status)
{
	FILE *file = fopen(path, "re");

	if (file && (fstat(fileno(file), status) != 0 || !S_ISREG(status->st_mode))) {
		fclose(file);
		return NULL;
	}
	return file;
}

/* Tries "folder/a/b.c" and "folder/b.c" for "/a/b.c"; found, of PATH_MAX, is what was opened. */
static FILE *open_below(const char *folder, const char *path, char *found, struct stat *status)
{
	for (const char *rest = path; rest; rest = strchr(rest, '/')) {
		rest += strspn(rest, "/");
		int length = snprintf(found, PATH_MAX, "%s/%s", folder, rest);
		FILE *file = length < PATH_MAX ? open_file(found, status) : NULL;
		if (file)
			return file;
	}
	return NULL;
}

static void read_lines(struct source *s, FILE *file)
{
	char *line = NULL, expanded[4096];
	size_t room = 0, bytes = 0;

	while (getline(&line, &bytes, file) >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		s->lines = xgrow(s->lines, s->count, &room, sizeof(*s->lines));
		s->lines[s->count++] = xstrdup(text_expand(line, expanded, sizeof(expanded)));
	}
	free(line);
}

struct source *source_read(const char *path, const struct text_list *folders)
{
	struct stat status;
	char found[PATH_MAX];
	FILE *file = open_file(path, &status);

	snprintf(found, sizeof(found), "%s", path);
	for (size_t i = 0; !file && i < folders->count; i++)
		file = open_below(folders->items[i], path, found, &status);
	if (!file)
		return NULL;
	struct source *s = xcalloc(1, sizeof(*s));
	s->path = xstrdup(found);
	s->changed_ns = (uint64_t)status.st_mtim.tv_sec * 1000000000;
	s->changed_ns += (uint64_t)status.st_mtim.tv_nsec;
	read_lines(s, file);
	fclose(file);
	return s;
}

void source_free(struct source *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->lines[i]);
	free(s->lines);
	free(s->path);
	free(s);
}

const char *source_line(const struct source *s, uint64_t number)
{
	return s && number && number <= s->count ? s->lines[number - 1] : NULL;
}
