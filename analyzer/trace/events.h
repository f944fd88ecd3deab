/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Event records: whether one makes sense, and what it says. */
#ifndef TRACE_EVENTS_H
#define TRACE_EVENTS_H

#include "analyzer/trace/calls.h"
#include "analyzer/trace/load.h"

/* Whether a whole record of type EVENT holds what it claims to, with times a clock can show. */
bool event_valid(const struct trt_record *r);

/* The duration of a valid one. */
uint64_t event_duration(const struct trt_event *e);

/* What orders a valid one; see struct trt_event. */
static inline uint64_t event_moment(const struct trt_event *e)
{
	return call_of(e->head.detail)->class == CALL_CLASS_SEND ?
		       e->start_ns : e->start_ns + event_duration(e);
}

/* Sets all of out but its process, thread, connection and moment from a valid one. */
void event_decode(const struct trace *t, const struct trt_event *e, struct event *out);

#endif
