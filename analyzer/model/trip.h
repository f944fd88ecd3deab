/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A round trip while its calls come in. */
#ifndef MODEL_TRIP_H
#define MODEL_TRIP_H

#include "analyzer/model/model.h"
#include "analyzer/protocols/protocol.h"
#include "analyzer/util/hash.h"

enum direction { DIRECTION_SENT, DIRECTION_RECEIVED };

static inline enum direction direction_back(enum direction d)
{
	return d == DIRECTION_SENT ? DIRECTION_RECEIVED : DIRECTION_SENT;
}

/*
 * Consecutive bytes of one direction that one call moved.  Of them the head, and
 * the tail, were captured.  An offset beyond the end of the piece before is a hole:
 * calls were lost; one below it is a call that overlapped another thread's.
 */
struct piece {
	enum direction direction;
	uint64_t offset, bytes;
	const uint8_t *head, *tail;
	uint16_t head_bytes, tail_bytes;
};

/* What its protocol said of a round trip. */
struct label {
	struct label *next; /* unused ones, in the pool */
	const char *name, *failure; /* within text; NULL: none */
	uint32_t info_count;
	uint32_t used;
	struct protocol_info info[PROTOCOL_INFO_MAX];
	char text[640]; /* what does not fit is cut */
};

/* When the bytes of a call passed the socket, and when a wait had reported them; else UNKNOWN. */
struct passage {
	uint64_t start_ns, end_ns, ready_ns;
};

/*
 * How long a call may have sat waiting: those that make and close descriptors never do,
 * and those of TLS libraries do in the calls that they make.
 */
static inline uint64_t event_blocked_ns(const struct event *e)
{
	if (event_is_tls(e) || (e->class == CALL_CLASS_DESCRIPTOR && e->kind != CALL_ACCEPT))
		return 0;
	return e->duration_ns;
}

static inline enum direction event_direction(const struct event *e)
{
	return event_sends(e) ? DIRECTION_SENT : DIRECTION_RECEIVED;
}

struct trip {
	struct trip *next;
	enum direction request;      /* the direction of its request */
	bool answered, ended;
	bool uncertain;              /* which response is its own cannot be told */
	bool many;                   /* its bytes hide requests that were not seen */
	bool by_id;                  /* it is in the exchange's table */
	bool waits;                  /* see waiting_by_design */
	bool failed;                 /* its response says so */
	uint64_t id;                 /* the protocol's, if by_id */
	const struct protocol *protocol; /* NULL: by turns */
	struct label *label;         /* NULL: nothing was said */
	uint64_t note;               /* the protocol's */
	enum status status;          /* once ended */
	int error;
	const struct thread *thread;
	uint32_t stack_id, language_stack_id;
	uint32_t calls, request_calls;
	uint64_t request_last_bytes;
	bool may_hold_back;
	uint64_t last_call;          /* counted, by its number: it may bring several pieces */
	uint64_t first_ns[2], last_ns[2]; /* by direction: its first and last byte was moved */
	uint64_t offset[2], bytes[2];
	enum encryption encryption;
	uint64_t wire_bytes[2];      /* UNKNOWN if it is not SEEN */
	uint64_t blocked_ns;
	uint64_t unclaimed_ns;       /* blocked for plaintext that no call has told of yet */
	uint64_t connect_ns, lookup_ns, handshake_ns, queue_ns, rtt_us; /* see struct round_trip */
	uint64_t lost_before[2];     /* bytes missing in each stream when it began */
	uint64_t eof_start_ns, eof_end_ns; /* of the call that found the end of the stream */
	UT_hash_handle hh;           /* if by_id; last, as it is not cleared */
};

static inline enum direction trip_response(const struct trip *t)
{
	return direction_back(t->request);
}

static inline bool trip_is_tls(const struct trip *t)
{
	return t->encryption == ENCRYPTION_SEEN;
}

/* Adds a piece that the event moved, but not the call. */
void trip_add_piece(struct trip *t, const struct piece *p, const struct event *e,
		    const struct passage *passage);
/* Adds a call, one that moved bytes of it, failed, or found the end; blocked: with its time. */
void trip_add_call(struct trip *t, const struct event *e, uint64_t waited_ns, bool blocked);
/* How long its thread sat in a call, and in waits before it, on behalf of it. */
uint64_t trip_blocked_ns(const struct trip *t, const struct event *e, uint64_t waited_ns);
/* Adds that. */
void trip_block(struct trip *t, const struct event *e, uint64_t waited_ns);

/* Sets *r to what the listener sees; certain: no call of it can have been lost. */
void trip_describe(const struct trip *t, const struct connection *c, bool certain,
		   struct round_trip *r);

#endif
