/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads one thread's records. */
#include "analyzer/trace/walk.h"

#include "analyzer/trace/events.h"

void walk_start(struct walk *w, struct trace *t, struct run *run, uint32_t window_bytes, bool drops)
{
	*w = (struct walk){ .trace = t, .run = run, .window_bytes = window_bytes, .drops = drops };
	if (run->count)
		w->at = run->segments[0].begin;
}

void walk_stop(struct walk *w)
{
	free(w->window);
	w->window = NULL;
	w->filled = 0;
}

/* Whether the chunk still is the one that was indexed, and not recycled by its process. */
static bool same_chunk(const struct walk *w, const struct segment *s)
{
	struct trt_chunk head;

	return chunk_head(w->trace, s->chunk, &head) && head.sequence == s->sequence;
}

/* Reads on from w->at so that at least bytes are in the window; false if they are gone. */
static bool fill(struct walk *w, const struct segment *s, uint32_t bytes)
{
	uint64_t offset = (uint64_t)s->chunk * TRT_CHUNK_BYTES + w->at;
	uint32_t wanted = s->end - w->at < w->window_bytes ? s->end - w->at : w->window_bytes;

	if (wanted < bytes) {
		wanted = w->window_bytes = bytes;
		walk_stop(w);
	}
	if (!w->window)
		w->window = xmalloc(w->window_bytes);
	w->from = w->at;
	w->filled = (uint32_t)trace_file_read(&w->trace->file, offset, w->window, wanted);
	return w->filled >= bytes && same_chunk(w, s);
}

static bool in_window(const struct walk *w, uint32_t bytes)
{
	return w->at >= w->from && w->at - w->from + bytes <= w->filled;
}

/* The record at w->at, whole in the window; NULL if it is not there any more. */
static const struct trt_record *read_record(struct walk *w, const struct segment *s)
{
	const struct trt_record *r;

	if (s->end - w->at < sizeof(*r))
		return NULL;
	if (!in_window(w, sizeof(*r)) && !fill(w, s, sizeof(*r)))
		return NULL;
	r = (const void *)(w->window + (w->at - w->from));
	if (r->bytes < sizeof(*r) || r->bytes % 8 || r->bytes > s->end - w->at)
		return NULL;
	if (!in_window(w, r->bytes)) {
		if (!fill(w, s, r->bytes))
			return NULL;
		r = record_at(w->window, 0, w->filled);
	}
	return r;
}

static void next_segment(struct walk *w)
{
	w->filled = 0;
	w->passed = 0;
	w->segment++;
	if (w->segment < w->run->count)
		w->at = w->run->segments[w->segment].begin;
}

/* The rest of a segment that its process wrote over, or that a file lost, since it was indexed. */
static void drop_rest(struct walk *w, struct segment *s)
{
	w->trace->process.overwritten_events += s->events - w->passed;
	w->trace->process.events -= s->events - w->passed;
	s->events = w->passed;
	s->end = w->at;
}

const struct trt_record *walk_next(struct walk *w)
{
	while (w->segment < w->run->count) {
		struct segment *s = &w->run->segments[w->segment];
		const struct trt_record *r = w->at < s->end ? read_record(w, s) : NULL;

		if (!r) {
			if (w->at < s->end && w->drops)
				drop_rest(w, s);
			next_segment(w);
			continue;
		}
		w->at += r->bytes;
		if (r->type != TRT_RECORD_EVENT)
			return r;
		if (!event_valid(r))
			continue;
		w->passed++;
		return r;
	}
	walk_stop(w);
	return NULL;
}
