/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hands out one thread's events in order of moment: the memory of a merge does not grow
 * with the events, and hardly with the threads.
 *
 * A file has calls in the order in which they ended.  One of a TLS library that sends
 * ended after the calls on the socket which it made, any number of them, but its moment
 * is its start: a second walk looks ahead for the next such call.
 */
#ifndef TRACE_CURSOR_H
#define TRACE_CURSOR_H

#include "analyzer/trace/walk.h"

struct cursor {
	struct walk walk;
	struct walk ahead;     /* stands behind the enclosing call; unused in most threads */
	const struct trt_event *enclosing; /* the next that may hold others; NULL if there is none */
	bool enclosing_told;   /* it was handed out */
	const struct trt_event *held; /* read, but to be handed out after the enclosing one */
	uint64_t moment_ns;    /* of the event read last: never falls within a thread */
	struct connection *connection; /* found last: the next event is likely of the same */
	const struct trt_event *event; /* read last; in a window */
	const struct recording_listener *listener; /* NULL: nobody listens */
	struct trt_sample sample; /* taken on the occasion of the event */
	bool has_sample;
};

void cursor_start(struct cursor *c, struct trace *t, struct run *run, uint32_t window_bytes,
		  const struct recording_listener *listener);

/*
 * Moves on to the next event and sets moment_ns.  Returns false at the end, where
 * the windows are freed.  The kernel's views that it passes belong to the event before,
 * and are told at once.
 */
bool cursor_next(struct cursor *c);

/*
 * The event cursor_next() moved to; its payload is valid until the next cursor_next().
 * Tells the sample that was taken with it first.
 */
void cursor_event(struct cursor *c, struct event *e);

void cursor_stop(struct cursor *c);

#endif
