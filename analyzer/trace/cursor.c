/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads one thread's events. */
#include "analyzer/trace/cursor.h"

#include <string.h>

#include "analyzer/trace/events.h"
#include "analyzer/trace/views.h"

void cursor_start(struct cursor *c, struct trace *t, struct run *run, uint32_t window_bytes,
		  const struct recording_listener *listener)
{
	*c = (struct cursor){ .trace = t, .run = run, .window_bytes = window_bytes,
			      .listener = listener };
	if (run->count)
		c->at = run->segments[0].begin;
}

void cursor_stop(struct cursor *c)
{
	free(c->window);
	c->window = NULL;
	c->filled = 0;
}

/* Whether the chunk still is the one that was indexed, and not recycled by its process. */
static bool same_chunk(const struct cursor *c, const struct segment *s)
{
	struct trt_chunk head;

	return chunk_head(c->trace, s->chunk, &head) && head.sequence == s->sequence;
}

/* Reads on from c->at so that at least bytes are in the window; false if they are gone. */
static bool fill(struct cursor *c, const struct segment *s, uint32_t bytes)
{
	uint64_t offset = (uint64_t)s->chunk * TRT_CHUNK_BYTES + c->at;
	uint32_t wanted = s->end - c->at < c->window_bytes ? s->end - c->at : c->window_bytes;

	if (wanted < bytes) {
		wanted = c->window_bytes = bytes;
		cursor_stop(c);
	}
	if (!c->window)
		c->window = xmalloc(c->window_bytes);
	c->from = c->at;
	c->filled = (uint32_t)trace_file_read(&c->trace->file, offset, c->window, wanted);
	return c->filled >= bytes && same_chunk(c, s);
}

static bool in_window(const struct cursor *c, uint32_t bytes)
{
	return c->at >= c->from && c->at - c->from + bytes <= c->filled;
}

/* The record at c->at, whole in the window; NULL if it is not there any more. */
static const struct trt_record *read_record(struct cursor *c, const struct segment *s)
{
	const struct trt_record *r;

	if (s->end - c->at < sizeof(*r))
		return NULL;
	if (!in_window(c, sizeof(*r)) && !fill(c, s, sizeof(*r)))
		return NULL;
	r = (const void *)(c->window + (c->at - c->from));
	if (r->bytes < sizeof(*r) || r->bytes % 8 || r->bytes > s->end - c->at)
		return NULL;
	if (!in_window(c, r->bytes)) {
		if (!fill(c, s, r->bytes))
			return NULL;
		r = record_at(c->window, 0, c->filled);
	}
	return r;
}

static void next_segment(struct cursor *c)
{
	c->filled = 0;
	c->passed = 0;
	c->segment++;
	if (c->segment < c->run->count)
		c->at = c->run->segments[c->segment].begin;
}

/* The rest of a segment that its process wrote over, or that a file lost, since it was indexed. */
static void drop_rest(struct cursor *c, struct segment *s)
{
	c->trace->process.overwritten_events += s->events - c->passed;
	c->trace->process.events -= s->events - c->passed;
	s->events = c->passed;
	s->end = c->at;
}

/* The connection with this id: likely the one found last. */
static struct connection *find_connection(struct cursor *c, uint32_t id)
{
	if (!c->connection || c->connection->id != id)
		c->connection = process_connection(&c->trace->process, id);
	return c->connection;
}

/*
 * A record between events.  The library samples before it writes an event, which is
 * kept until that is handed out, and asks the kernel after it.
 */
static void pass(struct cursor *c, const struct trt_record *r)
{
	struct connection *connection;
	struct kernel_view view;

	if (!c->listener)
		return;
	if (r->type == TRT_RECORD_SAMPLE && r->bytes >= sizeof(c->sample)) {
		memcpy(&c->sample, r, sizeof(c->sample));
		c->has_sample = true;
	} else if (r->type == TRT_RECORD_KERNEL && view_decode(c->trace, r, &view)) {
		connection = find_connection(c, r->id);
		if (connection)
			c->listener->kernel(c->listener->user, connection, &view);
	}
}

bool cursor_next(struct cursor *c)
{
	while (c->segment < c->run->count) {
		struct segment *s = &c->run->segments[c->segment];
		const struct trt_record *r;
		uint64_t moment;

		if (c->at >= s->end) {
			next_segment(c);
			continue;
		}
		r = read_record(c, s);
		if (!r) {
			drop_rest(c, s);
			continue;
		}
		c->at += r->bytes;
		if (r->type != TRT_RECORD_EVENT) {
			pass(c, r);
			continue;
		}
		if (!event_valid(r))
			continue;
		c->passed++;
		c->event = (const void *)r;
		moment = event_moment(c->event) + c->trace->shift_ns;
		if (moment > c->moment_ns)
			c->moment_ns = moment;
		return true;
	}
	cursor_stop(c);
	return false;
}

void cursor_event(struct cursor *c, struct event *e)
{
	uint32_t id = c->event->head.id;
	struct sample sample;

	if (c->has_sample && sample_decode(c->trace, &c->sample, &sample))
		c->listener->sample(c->listener->user, &sample);
	c->has_sample = false;
	e->process = &c->trace->process;
	e->thread = &c->run->thread;
	e->connection = id ? find_connection(c, id) : NULL;
	e->moment_ns = c->moment_ns;
	event_decode(c->trace, c->event, e);
}
