/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A round trip while its calls come in. */
#ifndef MODEL_TRIP_H
#define MODEL_TRIP_H

#include "analyzer/model/model.h"
#include "analyzer/protocols/protocol.h"

struct trip {
	struct trip *next;
	uint64_t key;                /* the protocol's */
	enum direction request;      /* the direction of its request */
	bool answered, ended;
	enum status status;          /* once ended */
	int error;
	const struct thread *thread;
	uint32_t stack_id;
	uint32_t calls;
	uint64_t last_call;          /* counted, by its number: it may bring several pieces */
	uint64_t first_ns[2], last_ns[2]; /* by direction: its first and last byte was moved */
	uint64_t offset[2], bytes[2];
	uint64_t blocked_ns;
	uint64_t connect_ns, lookup_ns, queue_ns, rtt_us; /* see struct round_trip */
	uint64_t lost_before[2];     /* bytes missing in each stream when it began */
	uint64_t eof_start_ns, eof_end_ns; /* of the call that found the end of the stream */
};

static inline enum direction trip_response(const struct trip *t)
{
	return t->request == DIRECTION_SENT ? DIRECTION_RECEIVED : DIRECTION_SENT;
}

/* Adds a piece that the event moved, but not the call. */
void trip_add_piece(struct trip *t, const struct piece *p, const struct event *e);
/* Adds a call, one that moved bytes of it, failed, or found the end. */
void trip_add_call(struct trip *t, const struct event *e, uint64_t waited_ns);
/* Adds the time its thread sat in a call or wait on behalf of it. */
void trip_block(struct trip *t, const struct event *e, uint64_t waited_ns);

/* Sets *r to what the listener sees; certain: no call of it can have been lost. */
void trip_describe(const struct trip *t, const struct connection *c, const char *protocol,
		   bool certain, struct round_trip *r);

#endif
