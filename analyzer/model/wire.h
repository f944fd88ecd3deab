/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The socket beneath TLS.  Once a connection's handshake has begun, its round trips are
 * those of the plaintext that calls of the TLS library carry:
 *
 *	SSL_write  ── plaintext ──→ round trips
 *	  send     ── encrypted ──→ wire: sizes, times of arrival, time blocked
 *
 * A library may read and write ahead of the plaintext or after it, by itself or through
 * memory of the program's, and for its own purposes: what the socket moved is a round
 * trip's when plaintext that may have been in it is.
 */
#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H

#include "analyzer/model/exchange.h"
#include "analyzer/model/trip.h"

struct wire {
	bool begun;
	bool had_trip;             /* one was made since the handshake */
	uint64_t started_ns;       /* calls on the socket are beneath TLS from then on */
	uint64_t ended_ns;         /* of the handshake; UNKNOWN if it failed */
	struct stream streams[2];  /* by enum direction: the socket's */
	uint64_t unclaimed_bytes[2]; /* moved for plaintext that no call has told of yet */
	struct passage arrival;    /* of the latest of those received; end_ns UNKNOWN: none */
	uint64_t tried_ns;         /* since when plaintext is tried to be sent; UNKNOWN */
	bool in_record;            /* it was a record's header: its body is no new arrival */
	const struct thread *sender; /* of the last plaintext that was sent */
	uint64_t sent_ns;          /* end of that call */
	uint64_t unsent_bytes;     /* plaintext that the socket has not sent yet */
};

/* Of a connection with a handshake that was recorded: sets up its two layers. */
void wire_open(struct exchange *x);
/* Of one whose handshake was not, at its first event of the TLS library. */
void wire_find(struct exchange *x, const struct event *e);

/* Whether it is a call on the socket beneath TLS. */
static inline bool wire_has(const struct wire *w, const struct event *e)
{
	return w && !event_is_tls(e) && e->start_ns >= w->started_ns;
}

/* Takes in a call that moved encrypted bytes. */
void wire_carry(struct exchange *x, const struct event *e, uint64_t waited_ns);
/* When this plaintext passed the socket, as far as is known. */
struct passage wire_passage(struct wire *w, const struct event *e);
/* The event's plaintext is of this round trip: so is what the socket did for it. */
void wire_give(struct wire *w, struct trip *t, const struct event *e);
/* The plaintext was taken in; waits: some of it by no round trip so far. */
void wire_settle(struct wire *w, const struct event *e, bool waits);

/* TLS of libraries whose calls are not seen shows in its first bytes, where those were kept. */
void wire_look(struct exchange *x, const struct piece *p);

#endif
