/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Event records: whether one makes sense, and what it says. */
#ifndef TRACE_EVENTS_H
#define TRACE_EVENTS_H

#include "analyzer/trace/calls.h"
#include "analyzer/trace/load.h"

#define EVENT_WORDS ((1u << TRT_FIELD_PAYLOAD) - 1) /* the fields of 8 bytes each */

/* How many fields of 8 bytes come before this one. */
static inline unsigned int event_words_before(const struct trt_event *e, unsigned int field)
{
	uint32_t bits = e->fields & EVENT_WORDS & ((1u << field) - 1);
	unsigned int count = 0;

	for (; bits; bits &= bits - 1)
		count++;
	return count;
}

/* An optional field's value, or what holds without it. */
static inline uint64_t event_field(const struct trt_event *e, enum trt_event_field field,
				   uint64_t otherwise)
{
	const uint64_t *words = (const uint64_t *)(e + 1);

	return e->fields >> field & 1 ? words[event_words_before(e, field)] : otherwise;
}

static inline uint64_t event_duration(const struct trt_event *e)
{
	return e->duration_ns == UINT32_MAX ? event_field(e, TRT_FIELD_DURATION, UINT32_MAX) :
					      e->duration_ns;
}

/* splice() is one call for both directions. */
static inline enum call_class event_class(const struct trt_event *e)
{
	enum call_class class = call_of(e->head.detail)->class;

	return class == CALL_CLASS_SEND && e->flags & TRT_EVENT_RECEIVED ? CALL_CLASS_RECEIVE : class;
}

/* What orders a valid event; see struct trt_event. */
static inline uint64_t event_moment(const struct trt_event *e)
{
	enum call_class class = event_class(e);

	return class == CALL_CLASS_SEND || class == CALL_CLASS_TLS_SEND ?
		       e->start_ns : e->start_ns + event_duration(e);
}

/* Whether a whole record of type EVENT holds what it claims to, with times a clock can show. */
bool event_valid(const struct trt_record *r);

/* Sets all of out but its process, thread, connection and moment from a valid one. */
void event_decode(const struct trace *t, const struct trt_event *e, struct event *out);

#endif
