/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads one thread's events from the file, in order, through a small window: the
 * memory of a merge does not grow with the events, and hardly with the threads.
 */
#ifndef TRACE_CURSOR_H
#define TRACE_CURSOR_H

#include "analyzer/trace/load.h"

struct cursor {
	struct trace *trace;
	struct run *run;
	size_t segment;        /* of run->segments, the one being read */
	uint32_t at;           /* offset in the chunk of the next record */
	uint32_t passed;       /* events of the segment that were read */
	uint64_t moment_ns;    /* of the event read last: never falls within a thread */
	uint8_t *window;       /* bytes [from, from + filled) of the chunk; NULL before the first */
	uint32_t window_bytes, from, filled;
	struct connection *connection; /* found last: the next event is likely of the same */
	const struct trt_event *event; /* read last; in the window */
	const struct recording_listener *listener; /* NULL: nobody listens */
	struct trt_sample sample; /* taken on the occasion of the event */
	bool has_sample;
};

void cursor_start(struct cursor *c, struct trace *t, struct run *run, uint32_t window_bytes,
		  const struct recording_listener *listener);

/*
 * Moves on to the next event and sets moment_ns.  Returns false at the end, where
 * the window is freed.  The kernel's views that it passes belong to the event before,
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
