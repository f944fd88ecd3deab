/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks and decodes event records. */
#include "analyzer/trace/events.h"

static const struct trt_payload *payload(const struct trt_event *e)
{
	const uint64_t *words = (const uint64_t *)(e + 1);

	return e->fields >> TRT_FIELD_PAYLOAD & 1 ?
		       (const void *)(words + event_words_before(e, TRT_FIELD_PAYLOAD)) : NULL;
}

/* Of all others the offset may be anything: a level and an option. */
static bool moves_bytes(const struct trt_event *e)
{
	enum call_class class = call_of(e->head.detail)->class;

	return class == CALL_CLASS_SEND || class == CALL_CLASS_RECEIVE ||
	       class == CALL_CLASS_TLS_SEND || class == CALL_CLASS_TLS_RECEIVE;
}

bool event_valid(const struct trt_record *r)
{
	const struct trt_event *e = (const void *)r;
	const struct trt_payload *p;
	size_t bytes;

	if (r->bytes < sizeof(*e))
		return false;
	bytes = sizeof(*e) + 8 * event_words_before(e, TRT_FIELD_PAYLOAD);
	p = payload(e);
	if (p && bytes + sizeof(*p) <= r->bytes)
		bytes += sizeof(*p) + p->head_bytes + p->tail_bytes;
	else if (p)
		return false;
	return bytes <= r->bytes && e->start_ns < TIME_LIMIT_NS &&
	       event_duration(e) < TIME_LIMIT_NS - e->start_ns &&
	       (e->offset < INT64_MAX || !moves_bytes(e));
}

static void decode_payload(const struct trt_event *e, struct event *out)
{
	const struct trt_payload *p = payload(e);

	out->head = NULL;
	out->tail = NULL;
	out->head_bytes = 0;
	out->tail_bytes = 0;
	/* More than the call moved cannot be: better none than a wrong one. */
	if (!p || e->result < p->head_bytes + p->tail_bytes)
		return;
	out->head = (const uint8_t *)(p + 1);
	out->head_bytes = p->head_bytes;
	out->tail = out->head + p->head_bytes;
	out->tail_bytes = p->tail_bytes;
}

static void decode_option(const struct trt_event *e, struct event *out)
{
	out->sets_option = e->fields >> TRT_FIELD_VALUE & 1;
	if (!out->sets_option)
		return;
	out->option_level = (uint32_t)(e->offset >> 32);
	out->option = (uint32_t)e->offset;
	out->option_value = event_field(e, TRT_FIELD_VALUE, 0);
	out->offset = 0;
}

void event_decode(const struct trace *t, const struct trt_event *e, struct event *out)
{
	const struct call *call = call_of(e->head.detail);

	out->call = e->head.detail;
	out->class = event_class(e);
	out->kind = call->kind;
	out->fd = e->fd;
	out->result = e->result;
	out->start_ns = e->start_ns + t->shift_ns;
	out->duration_ns = event_duration(e);
	out->offset = e->offset;
	out->stack_id = e->stack;
	out->language_stack_id = e->language_stack;
	out->peek = e->flags & TRT_EVENT_PEEK;
	out->continued = e->flags & TRT_EVENT_CONTINUED;
	out->tries = event_field(e, TRT_FIELD_TRIES, 0);
	out->first_try_ns = trace_time(t, event_field(e, TRT_FIELD_FIRST_TRY, UNKNOWN));
	out->waited_ns = event_field(e, TRT_FIELD_WAITED, 0);
	out->ready_ns = trace_time(t, event_field(e, TRT_FIELD_READY, UNKNOWN));
	decode_option(e, out);
	decode_payload(e, out);
}
