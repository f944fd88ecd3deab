/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts one thread's events in order. */
#include "analyzer/trace/cursor.h"

#include <string.h>

#include "analyzer/trace/events.h"
#include "analyzer/trace/views.h"

/* Looks ahead for the next call that others may have been made in. */
static void find_enclosing(struct cursor *c)
{
	const struct trt_record *r;

	c->enclosing = NULL;
	c->enclosing_told = false;
	while (!c->enclosing && (r = walk_next(&c->ahead)) != NULL)
		if (r->type == TRT_RECORD_EVENT && event_class((const void *)r) == CALL_CLASS_TLS_SEND)
			c->enclosing = (const void *)r;
}

void cursor_start(struct cursor *c, struct trace *t, struct run *run, uint32_t window_bytes,
		  const struct recording_listener *listener)
{
	*c = (struct cursor){ .listener = listener };
	walk_start(&c->walk, t, run, window_bytes, true);
	if (run->encloses)
		walk_start(&c->ahead, t, run, window_bytes, false);
}

void cursor_stop(struct cursor *c)
{
	walk_stop(&c->walk);
	walk_stop(&c->ahead);
}

/* The connection with this id: likely the one found last. */
static struct connection *find_connection(struct cursor *c, uint32_t id)
{
	if (!c->connection || c->connection->id != id)
		c->connection = process_connection(&c->walk.trace->process, id);
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
	} else if (r->type == TRT_RECORD_KERNEL && view_decode(c->walk.trace, r, &view)) {
		connection = find_connection(c, r->id);
		if (connection)
			c->listener->kernel(c->listener->user, connection, &view);
	}
}

static const struct trt_event *read_event(struct cursor *c)
{
	const struct trt_record *r;

	while ((r = walk_next(&c->walk)) != NULL && r->type != TRT_RECORD_EVENT)
		pass(c, r);
	return (const void *)r;
}

/* The event that was read, or the one it was made in; an enclosing one is told but once. */
static const struct trt_event *enclosing_first(struct cursor *c, const struct trt_event *e)
{
	while (e && c->enclosing && walk_reached(&c->walk, &c->ahead)) {
		bool told = c->enclosing_told && walk_reached(&c->ahead, &c->walk);

		find_enclosing(c);
		if (told)
			e = read_event(c);
	}
	if (!e || !c->enclosing || c->enclosing_told || e->start_ns < c->enclosing->start_ns)
		return e;
	c->enclosing_told = true;
	c->held = e;
	return c->enclosing;
}

bool cursor_next(struct cursor *c)
{
	const struct trt_event *held = c->held;
	uint64_t moment;

	/* Not when it starts: of threads that are not alive yet nothing is read. */
	if (!c->event && c->ahead.run)
		find_enclosing(c);
	c->held = NULL;
	c->event = held ? held : read_event(c);
	if (c->ahead.run && !held)
		c->event = enclosing_first(c, c->event);
	if (!c->event) {
		cursor_stop(c);
		return false;
	}
	moment = event_moment(c->event) + c->walk.trace->shift_ns;
	if (moment > c->moment_ns)
		c->moment_ns = moment;
	return true;
}

void cursor_event(struct cursor *c, struct event *e)
{
	struct trace *t = c->walk.trace;
	uint32_t id = c->event->head.id;
	struct sample sample;

	if (c->has_sample && sample_decode(t, &c->sample, &sample))
		c->listener->sample(c->listener->user, &sample);
	c->has_sample = false;
	e->process = &t->process;
	e->thread = &c->walk.run->thread;
	e->connection = id ? find_connection(c, id) : NULL;
	e->moment_ns = c->moment_ns;
	event_decode(t, c->event, e);
}
