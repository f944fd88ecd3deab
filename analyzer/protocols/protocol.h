/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a protocol is to the model: it is shown the bytes of a connection's two
 * directions and says which of them ask and which answer.
 *
 *	calls ── model ── pieces of bytes ──→ protocol
 *	                                         │ exchange_request, _response, _end
 *	listener ←── round trips ── model ←──────┘
 *
 * Times, roles, errors, the end of the connection and lost calls are the model's.
 */
#ifndef PROTOCOLS_PROTOCOL_H
#define PROTOCOLS_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum direction { DIRECTION_SENT, DIRECTION_RECEIVED };

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

/* A connection's open round trips; the model's. */
struct exchange;

struct protocol {
	const char *name;   /* for people; NULL: the protocol is not known */
	size_t state_bytes; /* of a connection's state; zeroed at first */
	/*
	 * Takes the next piece.  client tells that this process made the connection or
	 * spoke first.  A datagram is one piece, an empty one too.
	 */
	void (*take)(void *state, struct exchange *x, const struct piece *p, bool client);
};

/*
 * The piece, or a part of it, belongs to the request with this key, which begins here
 * if none with the key is open.  Keys are the protocol's: a running number where
 * answers come in order, a stream or request id where they do not.
 */
void exchange_request(struct exchange *x, uint64_t key, const struct piece *p);
/* The same of its response.  False if no such request is open: nobody asked for it. */
bool exchange_response(struct exchange *x, uint64_t key, const struct piece *p);
/* Its response is complete.  Without this it is at the end of the connection. */
void exchange_end(struct exchange *x, uint64_t key);

/* Whoever spoke first asks, and the other one answers, in turns: fits all, knows nothing. */
extern const struct protocol protocol_turns;

#endif
