/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes events, one at a time in each thread.
 *
 *	struct guard guard;
 *	struct thread *t = event_enter(&guard);
 *	if (!t)
 *		return;               // counted as lost
 *	event_write(t, &draft);
 *	event_leave(&guard);
 *
 * In between this thread's cursor, memo and waits are its own: other threads never touch
 * them, and a handler that interrupts it is turned away.
 */
#ifndef PRELOAD_EVENT_H
#define PRELOAD_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/frame.h"
#include "preload/payload.h"
#include "preload/thread.h"
#include "preload/trace_format.h"

/* On the stack of the function that is at work. */
struct guard {
	uint64_t magic; /* tells a living one from what is left of one that was jumped out of */
};

/* NULL if there is no trace to write to, or if this is a handler that interrupted another one. */
struct thread *event_enter(struct guard *guard);
void event_leave(struct guard *guard);

/* Is this a handler that interrupted our work, which will go on after it? */
bool event_interrupted(void);

/* An event to be written. */
struct draft {
	struct frame caller;
	uint8_t which;          /* enum trt_call */
	int fd;
	uint32_t connection_id;
	uint64_t start_ns, end_ns;
	int32_t result;
	uint64_t offset;
	uint16_t flags;
	uint16_t fields;        /* which of the values are set */
	uint16_t extra_bytes;   /* that they and the payload take */
	const struct payload *payload; /* to be there until the event is written */
	uint64_t values[TRT_FIELD_VALUE + 1]; /* by enum trt_event_field */
};

static inline void event_field(struct draft *d, enum trt_event_field field, uint64_t value)
{
	d->fields |= (uint16_t)(1u << field);
	d->extra_bytes += sizeof(value);
	d->values[field] = value;
}

static inline void event_payload(struct draft *d, const struct payload *payload)
{
	if (!payload->head_bytes)
		return;
	d->payload = payload;
	d->fields |= 1u << TRT_FIELD_PAYLOAD;
	d->extra_bytes += (uint16_t)payload_bytes(payload);
}

/* Appends it, with the stacks of its caller and what the thread waited; the stacks' ids. */
struct stack_ids event_write(struct thread *t, struct draft *d);

#endif
