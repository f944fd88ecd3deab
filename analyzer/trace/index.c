/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks all event chunks once: finds each thread's segments, counts, and leaves out
 * what is damaged, so that later passes see whole records alone.
 */
#include <stdlib.h>

#include "analyzer/trace/events.h"

struct index {
	struct trace *trace;
	struct id_set *ids;
	uint8_t *data;    /* of the chunk */
	struct trt_chunk head;
	uint32_t end;     /* of the bytes that are there */
	bool damaged;
};

static void note_event(struct index *x, struct run *run, const struct trt_event *e)
{
	struct thread *thread = &run->thread;
	uint64_t start = trace_time(x->trace, e->start_ns);
	uint64_t end = start + event_duration(e);

	if (start < thread->first_ns)
		thread->first_ns = start;
	if (thread->last_ns == UNKNOWN || end > thread->last_ns)
		thread->last_ns = end;
	if (e->head.id)
		id_set_add(x->ids, e->head.id);
	run->encloses |= event_class(e) == CALL_CLASS_TLS_SEND;
}

/*
 * Walks the records from at on as the segment's, up to the next segment, the end, or
 * a record whose length makes no sense.  Returns where it stopped.
 */
static uint32_t walk_segment(struct index *x, struct run *run, uint32_t at,
			     struct segment *segment)
{
	const struct trt_record *r;

	for (; at < x->end; at += r->bytes) {
		r = record_at(x->data, at, x->end);
		if (!r) {
			x->damaged = true;
			break;
		}
		if (r->type == TRT_RECORD_SEGMENT)
			break;
		if (r->type != TRT_RECORD_EVENT)
			continue;
		if (!event_valid(r)) {
			x->damaged = true;
			continue;
		}
		note_event(x, run, (const void *)r);
		segment->events++;
	}
	segment->end = at;
	return at;
}

static void add_segment(struct index *x, struct run *run, const struct segment *segment)
{
	if (!segment->events)
		return;
	run->segments = xgrow(run->segments, run->count, &run->capacity, sizeof(*segment));
	run->segments[run->count++] = *segment;
	x->trace->process.events += segment->events;
}

static const struct trt_segment *segment_at(const struct index *x, uint32_t at)
{
	const struct trt_record *r = at % 8 == 0 ? record_at(x->data, at, x->end) : NULL;

	return r && r->type == TRT_RECORD_SEGMENT && r->bytes >= sizeof(struct trt_segment) ?
		       (const void *)r : NULL;
}

/* The first segment behind a damaged place, by the links that lead backwards; 0 if none. */
static uint32_t segment_behind(const struct index *x, uint32_t place)
{
	uint32_t at = x->head.last_segment, found = 0;
	const struct trt_segment *s;

	while (at > place && (s = segment_at(x, at)) != NULL) {
		found = at;
		if (s->previous_segment >= at)
			break;
		at = s->previous_segment;
	}
	return found;
}

static void walk_chunk(struct index *x, const struct chunk_place *place)
{
	uint32_t at = sizeof(struct trt_chunk);

	while (at && at < x->end) {
		const struct trt_segment *s = segment_at(x, at);
		uint32_t damage = at;

		if (s) {
			struct segment segment = {
				.started_ns = s->started_ns,
				.sequence = place->sequence,
				.chunk = place->number,
				.begin = at + s->head.bytes,
			};
			struct run *run = trace_run(x->trace, (int32_t)s->head.id);

			at = walk_segment(x, run, segment.begin, &segment);
			add_segment(x, run, &segment);
			if (at >= x->end || segment_at(x, at))
				continue;
			damage = at;
		}
		x->damaged = true;
		at = segment_behind(x, damage);
	}
}

/*
 * Copies what was committed of a chunk.  Returns false if there is nothing, or
 * if it was recycled since it was found: its events are then among the overwritten.
 */
static bool read_chunk(struct index *x, const struct chunk_place *place)
{
	uint64_t offset = (uint64_t)place->number * TRT_CHUNK_BYTES;
	struct trt_chunk now;

	if (!chunk_head(x->trace, place->number, &x->head) || x->head.sequence != place->sequence)
		return false;
	x->end = x->head.committed;
	if (x->end < sizeof(struct trt_chunk) || x->end > TRT_CHUNK_BYTES) {
		x->damaged = true;
		return false;
	}
	size_t there = trace_file_read(&x->trace->file, offset, x->data, x->end);
	if (there < x->end) {
		x->damaged = true;
		x->end = (uint32_t)there;
	}
	return chunk_head(x->trace, place->number, &now) && now.sequence == place->sequence;
}

/* By the time it began, as a thread may go on in a chunk that another one left. */
static int compare_segments(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	if (x->started_ns != y->started_ns)
		return x->started_ns < y->started_ns ? -1 : 1;
	if (x->sequence != y->sequence)
		return x->sequence < y->sequence ? -1 : 1;
	return (x->begin > y->begin) - (x->begin < y->begin);
}

void index_events(struct trace *t, const struct chunk_place *chunks, size_t count,
		  struct id_set *ids)
{
	struct index x = { .trace = t, .ids = ids, .data = t->chunk };

	for (size_t i = 0; i < count; i++) {
		x.damaged = false;
		if (read_chunk(&x, &chunks[i]))
			walk_chunk(&x, &chunks[i]);
		t->process.damaged_chunks += x.damaged;
	}
	for (struct run *run = t->runs; run; run = run->hh.next)
		if (run->count)
			qsort(run->segments, run->count, sizeof(*run->segments), compare_segments);
}
