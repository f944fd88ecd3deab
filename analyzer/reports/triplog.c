/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorts round trips by their start in bounded memory. */
#include "analyzer/reports/triplog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "analyzer/util/alloc.h"

/* Names are few and repeat: each is kept once, so that a spilled pointer stays good. */
struct name {
	char *text;
	UT_hash_handle hh;
};

struct entry {
	struct round_trip trip;
	uint64_t number; /* in the order of coming */
	struct protocol_info info[PROTOCOL_INFO_MAX]; /* the round trip's */
};

/* A sorted piece of the temporary file, read a buffer at a time. */
struct run {
	off_t next, end; /* in entries */
	struct entry *buffer;
	size_t count, used;
};

struct triplog {
	size_t run_size;
	struct entry *entries; /* of the run that is being filled, or of the only one */
	size_t count, used, room;
	uint64_t total;
	struct name *names;
	FILE *file; /* NULL: everything fits in memory */
	struct run *runs;
	size_t run_count, run_room, buffer_size;
	bool sorted;
	int error;
};

struct triplog *triplog_new(size_t run)
{
	struct triplog *l = xcalloc(1, sizeof(*l));

	l->run_size = run;
	return l;
}

void triplog_free(struct triplog *l)
{
	struct name *n, *next;

	if (!l)
		return;
	HASH_ITER(hh, l->names, n, next)
	{
		HASH_DEL(l->names, n);
		free(n->text);
		free(n);
	}
	for (size_t i = 0; i < l->run_count; i++)
		free(l->runs[i].buffer);
	if (l->file)
		fclose(l->file);
	free(l->runs);
	free(l->entries);
	free(l);
}

static const char *intern(struct triplog *l, const char *text)
{
	struct name *n;

	if (!text)
		return NULL;
	HASH_FIND_STR(l->names, text, n);
	if (!n) {
		n = xcalloc(1, sizeof(*n));
		n->text = xstrdup(text);
		HASH_ADD_KEYPTR(hh, l->names, n->text, strlen(n->text), n);
	}
	return n->text;
}

static int compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->trip.start_ns != b->trip.start_ns)
		return a->trip.start_ns < b->trip.start_ns ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

static void sort_entries(struct triplog *l)
{
	if (l->count)
		qsort(l->entries, l->count, sizeof(*l->entries), compare);
}

const char *triplog_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : P_tmpdir;
}

static void fail(struct triplog *l)
{
	if (!l->error)
		l->error = errno ? errno : EIO;
}

/* It has no name any more: it is gone when it is closed, and when we are killed. */
static FILE *temporary_file(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/traceroundtrip.XXXXXX", triplog_folder());
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	unlink(path);
	FILE *file = fdopen(fd, "w+");
	if (!file)
		close(fd);
	return file;
}

static void spill(struct triplog *l)
{
	if (!l->file)
		l->file = temporary_file();
	sort_entries(l);
	if (!l->file || fwrite(l->entries, sizeof(*l->entries), l->count, l->file) != l->count) {
		fail(l);
	} else {
		off_t start = l->run_count ? l->runs[l->run_count - 1].end : 0;
		l->runs = xgrow(l->runs, l->run_count, &l->run_room, sizeof(*l->runs));
		l->runs[l->run_count++] =
			(struct run){ .next = start, .end = start + (off_t)l->count };
	}
	l->count = 0;
}

void triplog_add(struct triplog *l, const struct round_trip *t)
{
	if (l->error)
		return;
	if (l->count == l->run_size)
		spill(l);
	l->entries = xgrow(l->entries, l->count, &l->room, sizeof(*l->entries));
	struct entry *e = &l->entries[l->count++];
	*e = (struct entry){ .trip = *t, .number = l->total++ };
	e->trip.protocol = intern(l, t->protocol);
	e->trip.name = intern(l, t->name);
	e->trip.failure = intern(l, t->failure);
	for (uint32_t i = 0; i < t->info_count; i++) {
		e->info[i] = t->info[i];
		e->info[i].text = intern(l, t->info[i].text);
	}
}

/* The buffers of all runs together are as large as one run was. */
static void begin_reading(struct triplog *l)
{
	l->sorted = true;
	if (!l->file) {
		sort_entries(l);
		return;
	}
	if (l->count)
		spill(l);
	free(l->entries);
	l->entries = NULL;
	if (fflush(l->file) != 0)
		fail(l);
	l->buffer_size = l->run_size / (l->run_count + 1) + 1;
}

/* Makes sure that the run's next entry is in its buffer; false if it has none. */
static bool fill(struct triplog *l, struct run *r)
{
	if (r->used < r->count)
		return true;
	if (r->next == r->end)
		return false;
	if (!r->buffer)
		r->buffer = xcalloc(l->buffer_size, sizeof(*r->buffer));
	off_t left = r->end - r->next;
	size_t want = left < (off_t)l->buffer_size ? (size_t)left : l->buffer_size;
	if (fseeko(l->file, r->next * (off_t)sizeof(*r->buffer), SEEK_SET) != 0 ||
	    fread(r->buffer, sizeof(*r->buffer), want, l->file) != want) {
		fail(l);
		return false;
	}
	r->next += (off_t)want;
	r->count = want;
	r->used = 0;
	return true;
}

/* The entry lives until the next one is asked for. */
static void hand_out(const struct entry *e, struct round_trip *t)
{
	*t = e->trip;
	t->info = e->info;
}

static bool next_of_runs(struct triplog *l, struct round_trip *t)
{
	struct run *first = NULL;

	for (size_t i = 0; i < l->run_count; i++) {
		struct run *r = &l->runs[i];
		if (fill(l, r) &&
		    (!first || compare(&r->buffer[r->used], &first->buffer[first->used]) < 0))
			first = r;
	}
	if (!first || l->error)
		return false;
	hand_out(&first->buffer[first->used++], t);
	return true;
}

bool triplog_next(struct triplog *l, struct round_trip *t)
{
	if (!l->sorted)
		begin_reading(l);
	if (l->error)
		return false;
	if (l->file)
		return next_of_runs(l, t);
	if (l->used == l->count)
		return false;
	hand_out(&l->entries[l->used++], t);
	return true;
}

const char *triplog_error(const struct triplog *l)
{
	return l->error ? strerror(l->error) : NULL;
}
