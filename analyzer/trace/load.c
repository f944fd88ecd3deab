/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens one trace file, checks its header and finds its chunks. */
#include "analyzer/trace/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than a file of any size that the library makes. */
#define CHUNKS_MAX (1u << 30)

static bool all_zero(const void *data, size_t bytes)
{
	const uint8_t *p = data;

	return bytes == 0 || (p[0] == 0 && memcmp(p, p + 1, bytes - 1) == 0);
}

/* Why this is no header that can be read, in words; NULL if it is one. */
static const char *check_header(const struct trt_header *h, size_t bytes)
{
	static char text[120];

	if (bytes == 0)
		return "is empty: its process ended before it wrote anything";
	if (all_zero(h, bytes))
		return "holds only zeroes: its process ended before it wrote anything";
	if (memcmp(h->magic, TRT_MAGIC, bytes < 8 ? bytes : 8) != 0)
		return "is not a trace of traceroundtrip";
	if (bytes < sizeof(*h))
		return "is cut short within its first 4096 bytes: nothing can be read from it";
	if (h->byte_order == __builtin_bswap32(TRT_BYTE_ORDER))
		return "was written on a machine with the other byte order: read it there";
	if (h->oldest_reader > TRT_VERSION) {
		snprintf(text, sizeof(text),
			 "needs a newer traceroundtrip: its format is %u, this one reads up to %u",
			 h->version, TRT_VERSION);
		return text;
	}
	if (h->byte_order != TRT_BYTE_ORDER || h->version == 0 || h->oldest_reader == 0 ||
	    h->oldest_reader > h->version || h->chunk_bytes != TRT_CHUNK_BYTES ||
	    h->created_monotonic_ns >= TIME_LIMIT_NS || h->ended_monotonic_ns >= TIME_LIMIT_NS ||
	    h->process_started_ns > h->created_monotonic_ns ||
	    h->created_realtime_ns > INT64_MAX)
		return "has a damaged header: nothing can be read from it";
	return NULL;
}

struct trace *trace_open(const char *path, const char **reason)
{
	struct trace *t = xcalloc(1, sizeof(*t));

	*reason = trace_file_open(&t->file, path);
	if (*reason) {
		free(t);
		return NULL;
	}
	*reason = check_header(&t->header,
			       trace_file_read(&t->file, 0, &t->header, sizeof(t->header)));
	if (*reason) {
		trace_free(t);
		return NULL;
	}
	t->header.host_name[sizeof(t->header.host_name) - 1] = '\0';
	return t;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	while (t->runs) {
		struct run *run = t->runs;

		HASH_DEL(t->runs, run);
		free(run->segments);
	}
	free(t->process.threads);
	free(t->process.connections);
	free(t->process.modules);
	free((void *)t->process.notes);
	free(t->stacks);
	languages_free(&t->languages);
	free(t->process.lookups);
	arena_free(&t->arena);
	trace_file_close(&t->file);
	free(t);
}

bool chunk_head(struct trace *t, uint32_t n, struct trt_chunk *head)
{
	return trace_file_read(&t->file, (uint64_t)n * TRT_CHUNK_BYTES, head, sizeof(*head)) ==
	       sizeof(*head);
}

struct run *trace_run(struct trace *t, int32_t tid)
{
	struct run *run;

	HASH_FIND(hh, t->runs, &tid, sizeof(tid), run);
	if (run)
		return run;
	run = arena_alloc(&t->arena, sizeof(*run));
	run->thread = (struct thread){
		.process = &t->process, .tid = tid, .first_ns = UNKNOWN, .last_ns = UNKNOWN
	};
	HASH_ADD(hh, t->runs, thread.tid, sizeof(tid), run);
	return run;
}

struct chunk_list {
	struct chunk_place *chunks;
	size_t count, capacity;
};

static void add_chunk(struct chunk_list *list, uint64_t sequence, uint64_t number)
{
	list->chunks = xgrow(list->chunks, list->count, &list->capacity, sizeof(*list->chunks));
	list->chunks[list->count++] = (struct chunk_place){ sequence, (uint32_t)number };
}

static int compare_chunks(const void *a, const void *b)
{
	const struct chunk_place *x = a, *y = b;

	if (x->sequence != y->sequence)
		return x->sequence < y->sequence ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static void sort_chunks(struct chunk_list *list)
{
	if (list->count)
		qsort(list->chunks, list->count, sizeof(*list->chunks), compare_chunks);
}

/* Lists the chunks in use by kind, oldest first, and counts those that are of none. */
static void find_chunks(struct trace *t, struct chunk_list *events, struct chunk_list *dictionary)
{
	uint64_t offset = TRT_CHUNK_BYTES, used = 1;
	struct trt_chunk head;

	while ((offset = trace_file_next_data(&t->file, offset)) != UINT64_MAX) {
		uint64_t number = offset / TRT_CHUNK_BYTES;

		if (number > CHUNKS_MAX)
			break;
		offset = (number + 1) * TRT_CHUNK_BYTES;
		if (!chunk_head(t, (uint32_t)number, &head)) {
			t->process.damaged_chunks++;
			continue;
		}
		if (head.kind == TRT_CHUNK_EVENTS && head.sequence)
			add_chunk(events, head.sequence, number);
		else if (head.kind == TRT_CHUNK_DICTIONARY && head.sequence)
			add_chunk(dictionary, head.sequence, number);
		else if (head.kind > TRT_CHUNK_EVENTS)
			t->process.damaged_chunks++;
		used += !all_zero(&head, sizeof(head));
	}
	t->process.file_bytes = used * TRT_CHUNK_BYTES;
	sort_chunks(events);
	sort_chunks(dictionary);
}

/* A process that ends cleanly leaves a file that ends with its last chunk; others a longer one. */
static uint64_t missing_bytes(const struct trace *t)
{
	uint64_t chunks = t->header.chunks < CHUNKS_MAX ? t->header.chunks : 0;
	uint64_t needed = (chunks + 1) * TRT_CHUNK_BYTES;

	return needed > t->file.bytes ? needed - t->file.bytes : 0;
}

static int compare_runs(const struct run *a, const struct run *b)
{
	const struct thread *x = &a->thread, *y = &b->thread;

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

static void list_threads(struct trace *t)
{
	struct process *p = &t->process;

	HASH_SORT(t->runs, compare_runs);
	p->threads = xcalloc(HASH_COUNT(t->runs), sizeof(struct thread *));
	for (struct run *run = t->runs; run; run = run->hh.next)
		p->threads[p->thread_count++] = &run->thread;
}

/* From its own start to its last event; an event before its start was the process's as well. */
static void set_times(struct process *p)
{
	p->last_ns = p->started_ns;
	for (size_t i = 0; i < p->thread_count && p->threads[i]->first_ns != UNKNOWN; i++) {
		const struct thread *thread = p->threads[i];

		if (thread->first_ns < p->started_ns) {
			p->started_realtime_ns -= p->started_ns - thread->first_ns;
			p->started_ns = thread->first_ns;
		}
		if (thread->last_ns > p->last_ns)
			p->last_ns = thread->last_ns;
	}
}

void trace_load(struct trace *t)
{
	struct chunk_list events = { 0 }, dictionary = { 0 };
	struct id_set ids = { 0 };

	t->chunk = xmalloc(TRT_CHUNK_BYTES);
	if (!trace_file_resume(&t->file))
		t->process.damaged_chunks++;
	t->missing_bytes = missing_bytes(t);
	header_describe(t);
	find_chunks(t, &events, &dictionary);
	/* Events first: what they name is in the dictionary by then, in a running one's too. */
	index_events(t, events.chunks, events.count, &ids);
	dictionary_load(t, dictionary.chunks, dictionary.count, &ids);
	header_count(t);
	list_threads(t);
	set_times(&t->process);
	free(events.chunks);
	free(dictionary.chunks);
	id_set_free(&ids);
	free(t->chunk);
	t->chunk = NULL;
}
