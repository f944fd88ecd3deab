/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packs a recording into one file. */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/archive/archive.h"
#include "analyzer/trace/scrub.h"
#include "analyzer/trace/trim.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/folder.h"

struct packing {
	struct archive *archive;
	const char *folder;    /* in the archive */
	struct scrubber *scrubber; /* NULL: pack as it is */
	struct archive_counts counts;
	char error[2 * PATH_MAX]; /* empty while all is well */
};

static void fail(struct packing *p, const char *what, const char *why)
{
	if (!p->error[0])
		snprintf(p->error, sizeof(p->error), "%s: %s", what, why);
}

static void begin_entry(struct packing *p, const char *name, uint64_t bytes)
{
	struct archive_entry *entry = archive_entry_new();
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", p->folder, name);
	archive_entry_set_pathname(entry, path);
	archive_entry_set_size(entry, (la_int64_t)bytes);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_mtime(entry, time(NULL), 0);
	if (archive_write_header(p->archive, entry) != ARCHIVE_OK)
		fail(p, name, archive_error_string(p->archive));
	archive_entry_free(entry);
}

/* As much of a block as there is; the rest becomes zeroes: a running process cuts its file. */
static void read_block(int fd, uint64_t offset, uint8_t *block)
{
	ssize_t got = pread(fd, block, SCRUB_BLOCK_BYTES, (off_t)offset);

	if (got < 0)
		got = 0;
	memset(block + got, 0, SCRUB_BLOCK_BYTES - (size_t)got);
}

static void add_blocks(struct packing *p, int fd, uint64_t bytes)
{
	uint8_t *block = xmalloc(SCRUB_BLOCK_BYTES);

	for (uint64_t offset = 0; offset < bytes && !p->error[0]; offset += SCRUB_BLOCK_BYTES) {
		uint64_t left = bytes - offset;
		size_t part = left < SCRUB_BLOCK_BYTES ? (size_t)left : SCRUB_BLOCK_BYTES;
		read_block(fd, offset, block);
		if (p->scrubber)
			scrub_block(p->scrubber, offset, block);
		if (archive_write_data(p->archive, block, part) < 0)
			fail(p, p->folder, archive_error_string(p->archive));
	}
	free(block);
}

/* Whether a trace before this one has its name: of another folder. */
static bool name_is_taken(struct process *const *processes, size_t i, const char *name)
{
	for (size_t before = 0; before < i; before++) {
		const char *slash = strrchr(processes[before]->path, '/');
		if (strcmp(slash ? slash + 1 : processes[before]->path, name) == 0)
			return true;
	}
	return false;
}

static void add_trace(struct packing *p, struct process *const *processes, size_t i)
{
	const char *path = processes[i]->path, *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char name[PATH_MAX];

	if (fd < 0) {
		fail(p, path, strerror(errno));
		return;
	}
	if (name_is_taken(processes, i, base))
		snprintf(name, sizeof(name), "%zu-%s", i, base);
	else
		snprintf(name, sizeof(name), "%s", base);
	uint64_t bytes = trace_used_bytes(fd);
	begin_entry(p, name, bytes);
	add_blocks(p, fd, bytes);
	close(fd);
	p->counts.traces++;
}

static void add_file(struct packing *p, const char *folder, const char *name)
{
	char path[PATH_MAX + NAME_MAX + 2], inside[NAME_MAX + 16], buffer[8192];
	struct stat status;
	ssize_t got = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(inside, sizeof(inside), "symbols/%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0) {
		fail(p, path, strerror(errno));
		return;
	}
	begin_entry(p, inside, (uint64_t)status.st_size);
	while (!p->error[0] && (got = read(fd, buffer, sizeof(buffer))) > 0) {
		if (archive_write_data(p->archive, buffer, (size_t)got) < 0)
			fail(p, name, archive_error_string(p->archive));
	}
	if (got < 0)
		fail(p, path, strerror(errno));
	close(fd);
	p->counts.modules++;
}

/* Looks everything up that a view could show. */
static void find_names(const struct recording *r, struct symbols *s)
{
	struct stack_reference *stacks = NULL;
	size_t count, stack_count = 0;
	struct process **processes = recording_processes(r, &count);

	for (size_t i = 0; i < count; i++)
		stack_count += processes[i]->stack_count;
	stacks = xcalloc(stack_count, sizeof(*stacks));
	stack_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct stack *all = process_stacks(processes[i]);
		for (size_t j = 0; j < processes[i]->stack_count; j++)
			stacks[stack_count++] =
				(struct stack_reference){ processes[i], all[j].id };
		/* Modules without frames too: `info` lists them. */
		for (size_t j = 0; j < processes[i]->module_count; j++)
			symbols_module_origin(s, processes[i], &processes[i]->modules[j]);
	}
	symbols_prepare(s, stacks, stack_count);
	free(stacks);
}

static void add_names(struct packing *p, struct symbols *s)
{
	char folder[PATH_MAX];
	struct dirent *entry;
	int error = folder_new(folder);

	if (error) {
		fail(p, folder, strerror(error));
		return;
	}
	error = symbols_save(s, folder, p->scrubber != NULL);
	DIR *names = error ? NULL : opendir(folder);
	if (!names)
		fail(p, folder, strerror(error ? error : errno));
	while (names && (entry = readdir(names))) {
		if (entry->d_name[0] != '.')
			add_file(p, folder, entry->d_name);
	}
	if (names)
		closedir(names);
	folder_remove(folder);
}

/* The name of the folder in the archive: that of the file, without what follows a dot. */
static char *folder_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = xstrdup(slash ? slash + 1 : path);
	char *dot = strstr(name, ".tar");

	if (!dot)
		dot = strstr(name, ".tgz");
	if (dot && dot != name)
		*dot = '\0';
	return name;
}

const char *archive_pack(const char *path, const struct recording *r, struct symbols *s,
			 bool anonymous, struct archive_counts *counts)
{
	static struct packing packing;
	struct packing *p = &packing;
	struct stat status;
	size_t count;
	struct process **processes = recording_processes(r, &count);
	char *folder = folder_name(path);

	*p = (struct packing){ .folder = folder, .archive = archive_write_new() };
	p->scrubber = anonymous ? scrubber_new() : NULL;
	archive_write_add_filter_gzip(p->archive);
	archive_write_set_format_pax_restricted(p->archive);
	find_names(r, s);
	if (archive_write_open_filename(p->archive, path) != ARCHIVE_OK)
		fail(p, path, archive_error_string(p->archive));
	for (size_t i = 0; i < count && !p->error[0]; i++)
		add_trace(p, processes, i);
	if (!p->error[0])
		add_names(p, s);
	if (archive_write_close(p->archive) != ARCHIVE_OK)
		fail(p, path, archive_error_string(p->archive));
	archive_write_free(p->archive);
	scrubber_free(p->scrubber);
	free(folder);
	p->counts.bytes = stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
	*counts = p->counts;
	if (!p->error[0])
		return NULL;
	unlink(path);
	return p->error;
}
