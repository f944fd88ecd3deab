/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens recordings: finds the traces, puts their clocks on one axis, hands out their events. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "analyzer/trace/merge.h"
#include "analyzer/trace/names.h"
#include "analyzer/trace/paths.h"

struct recording {
	struct trace **traces; /* in order of start */
	size_t count, capacity;
	struct process **processes; /* theirs */
	struct merge *merge;        /* NULL before the first event */
	uint64_t passed;
	const struct recording_listener *listener;
};

static void add_trace(struct recording *r, const char *path, size_t files_kept, warn_line *warn,
		      size_t *failed)
{
	const char *reason;
	struct trace *t = trace_open(path, &reason);

	if (!t) {
		warn_format(warn, "%s: %s", path, reason);
		++*failed;
		return;
	}
	if (r->count >= files_kept)
		trace_file_park(&t->file);
	r->traces = xgrow(r->traces, r->count, &r->capacity, sizeof(*r->traces));
	r->traces[r->count++] = t;
}

static int compare_files(const void *a, const void *b)
{
	const struct trace_file *x = &(*(struct trace *const *)a)->file;
	const struct trace_file *y = &(*(struct trace *const *)b)->file;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

/* Two paths may name the same file. */
static void drop_duplicates(struct recording *r)
{
	size_t kept = 0;

	qsort(r->traces, r->count, sizeof(*r->traces), compare_files);
	for (size_t i = 0; i < r->count; i++) {
		if (kept && compare_files(&r->traces[i], &r->traces[kept - 1]) == 0)
			trace_free(r->traces[i]);
		else
			r->traces[kept++] = r->traces[i];
	}
	r->count = kept;
}

/* Whether both were written while the same kernel ran: their clocks are one. */
static bool same_clock(const struct trt_header *a, const struct trt_header *b)
{
	static const uint8_t unknown[16];

	if (memcmp(a->boot_id, b->boot_id, sizeof(unknown)) != 0)
		return false;
	return memcmp(a->boot_id, unknown, sizeof(unknown)) != 0 ||
	       strcmp(a->host_name, b->host_name) == 0;
}

/* When this trace's CLOCK_MONOTONIC was 0, on CLOCK_REALTIME. */
static int64_t boot_time(const struct trt_header *h)
{
	return (int64_t)h->created_realtime_ns - (int64_t)h->created_monotonic_ns;
}

/*
 * CLOCK_MONOTONIC counts from the start of each machine.  All times are put on
 * the axis of the one that started first; CLOCK_REALTIME tells how much later the
 * others' clocks began.  Traces of one machine share one shift, so that a step of
 * CLOCK_REALTIME does not part them.
 */
static void align_clocks(struct recording *r)
{
	const struct trt_header **machines = xcalloc(r->count, sizeof(struct trt_header *));
	int64_t first = INT64_MAX;
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct trt_header *h = &r->traces[i]->header;
		size_t m = 0;

		while (m < count && !same_clock(machines[m], h))
			m++;
		if (m == count)
			machines[count++] = h;
		r->traces[i]->shift_ns = m; /* for now: which machine */
	}
	for (size_t m = 0; m < count; m++)
		if (boot_time(machines[m]) < first)
			first = boot_time(machines[m]);
	for (size_t i = 0; i < r->count; i++)
		r->traces[i]->shift_ns =
			(uint64_t)(boot_time(machines[r->traces[i]->shift_ns]) - first);
	free(machines);
}

static int compare_traces(const void *a, const void *b)
{
	const struct process *x = &(*(struct trace *const *)a)->process;
	const struct process *y = &(*(struct trace *const *)b)->process;

	if (x->started_ns != y->started_ns)
		return x->started_ns < y->started_ns ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* The trace that the child was forked from; NULL if it is not in the recording. */
static struct trace *parent_of(const struct recording *r, const struct trace *child)
{
	struct trace *found = NULL;

	for (size_t i = 0; i < r->count && r->traces[i] != child; i++)
		if (r->traces[i]->process.pid == child->process.parent_pid &&
		    same_clock(&r->traces[i]->header, &child->header))
			found = r->traces[i]; /* the latest: it may have executed others */
	return found;
}

static void inherit_tls(struct connection *c, const struct tls *tls)
{
	if (tls && !tls->error && tls->ended_ns <= c->created_ns)
		c->tls = tls;
}

/* A forked process's connections go on where its parent's were, under the same ids. */
static void link_parents(const struct recording *r, struct trace *t)
{
	const struct trace *parent = NULL;
	bool searched = false;

	for (size_t i = 0; i < t->process.connection_count; i++) {
		struct connection *c = &t->process.connections[i];

		if (c->origin != ORIGIN_FORKED)
			continue;
		if (!searched)
			parent = parent_of(r, t);
		searched = true;
		if (parent)
			c->parent = process_connection(&parent->process, c->id);
		if (c->parent && !c->tls)
			inherit_tls(c, c->parent->tls);
	}
}

struct known_socket {
	struct {
		uint8_t boot_id[16];
		uint64_t cookie;
	} key;
	struct connection *connection;
	UT_hash_handle hh;
};

/*
 * Sockets that several processes, or a process under several connections, use: the
 * kernel numbers them (SO_COOKIE), differently on each start of a machine.
 */
static void mark_shared(struct recording *r)
{
	struct known_socket *sockets = NULL, *s, *next, one = { .connection = NULL };

	for (size_t i = 0; i < r->count; i++) {
		struct process *p = &r->traces[i]->process;

		memcpy(one.key.boot_id, p->boot_id, sizeof(one.key.boot_id));
		for (size_t j = 0; j < p->connection_count; j++) {
			struct connection *c = &p->connections[j];

			if (!c->cookie)
				continue;
			one.key.cookie = c->cookie;
			HASH_FIND(hh, sockets, &one.key, sizeof(one.key), s);
			if (s) {
				c->shared = s->connection->shared = true;
				continue;
			}
			s = xcalloc(1, sizeof(*s));
			*s = one;
			s->connection = c;
			HASH_ADD(hh, sockets, key, sizeof(s->key), s);
		}
	}
	HASH_ITER(hh, sockets, s, next)
	{
		HASH_DEL(sockets, s);
		free(s);
	}
}

static void warn_of_damage(const struct trace *t, warn_line *warn)
{
	if (t->missing_bytes)
		warn_format(warn, "%s: is cut short, %llu bytes are missing: what they held is not "
				  "shown",
			    t->file.path, (unsigned long long)t->missing_bytes);
	else if (t->process.damaged_chunks)
		warn_format(warn, "%s: is damaged in %llu of %llu parts: what they held is not all "
				  "shown",
			    t->file.path, (unsigned long long)t->process.damaged_chunks,
			    (unsigned long long)t->process.file_bytes / TRT_CHUNK_BYTES);
}

static void load_traces(struct recording *r, warn_line *warn)
{
	align_clocks(r);
	for (size_t i = 0; i < r->count; i++) {
		bool parked = r->traces[i]->file.fd < 0;

		trace_load(r->traces[i]);
		if (parked)
			trace_file_park(&r->traces[i]->file);
		warn_of_damage(r->traces[i], warn);
	}
	qsort(r->traces, r->count, sizeof(*r->traces), compare_traces);
	r->processes = xcalloc(r->count, sizeof(*r->processes));
	for (size_t i = 0; i < r->count; i++) {
		r->processes[i] = &r->traces[i]->process;
		link_parents(r, r->traces[i]);
	}
	for (size_t i = 0; i < r->count; i++)
		names_link(r->traces[i]);
	mark_shared(r);
}

/* How many files may stay open: others need descriptors too. */
static size_t files_to_keep(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return 1024;
	return limit.rlim_cur / 2;
}

struct recording *recording_open(const char *const *paths, size_t count,
				 void (*warn)(const char *line), size_t *failed)
{
	struct recording *r = xcalloc(1, sizeof(*r));
	struct path_list files = { 0 };
	size_t unusable = 0;

	if (count == 0 && access(DEFAULT_PATH, F_OK) != 0) {
		warn("there is no " DEFAULT_PATH " here: record a program first, or name a trace");
		unusable++;
	} else if (count == 0) {
		unusable += paths_add(&files, DEFAULT_PATH, warn);
	}
	for (size_t i = 0; i < count; i++)
		unusable += paths_add(&files, paths[i], warn);
	for (size_t i = 0; i < files.count; i++)
		add_trace(r, files.paths[i], files_to_keep(), warn, &unusable);
	paths_free(&files);
	if (failed)
		*failed = unusable;
	if (r->count == 0) {
		recording_close(r);
		return NULL;
	}
	drop_duplicates(r);
	load_traces(r, warn);
	return r;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	recording_rewind(r);
	for (size_t i = 0; i < r->count; i++)
		trace_free(r->traces[i]);
	free(r->traces);
	free(r->processes);
	free(r);
}

struct process **recording_processes(const struct recording *r, size_t *count)
{
	*count = r->count;
	return r->processes;
}

uint64_t recording_started_ns(const struct recording *r)
{
	return r->processes[0]->started_ns;
}

uint64_t recording_ended_ns(const struct recording *r)
{
	uint64_t ended = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct process *p = r->processes[i];
		if (p->last_ns > ended)
			ended = p->last_ns;
		if (p->ended_ns != UNKNOWN && p->ended_ns > ended)
			ended = p->ended_ns;
	}
	return ended;
}

void recording_skip_process(struct recording *r, const struct process *p)
{
	(void)r;
	trace_of(p)->process.skipped = true;
}

bool recording_next(struct recording *r, struct event *e)
{
	if (!r->merge)
		r->merge = merge_new(r->traces, r->count, r->listener);
	if (!merge_next(r->merge, e))
		return false;
	r->passed++;
	return true;
}

void recording_listen(struct recording *r, const struct recording_listener *listener)
{
	r->listener = listener;
}

void recording_progress(const struct recording *r, uint64_t *done, uint64_t *all)
{
	*done = r->passed;
	*all = 0;
	for (size_t i = 0; i < r->count; i++)
		*all += r->traces[i]->process.skipped ? 0 : r->traces[i]->process.events;
}

void recording_rewind(struct recording *r)
{
	merge_free(r->merge);
	r->merge = NULL;
	r->passed = 0;
}
