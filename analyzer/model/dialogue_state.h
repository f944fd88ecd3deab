/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A dialogue's insides, for the files that work on them.
 *
 *	           taken and given                        skip
 *	 ───────────────────────┬──────────────────┬────────────────┬──────────
 *	 to a round trip, or    │ bytes: wait for  │ not looked at, │ the next
 *	 to nobody              at  more of them   given to the same   message
 */
#ifndef MODEL_DIALOGUE_STATE_H
#define MODEL_DIALOGUE_STATE_H

#include <stddef.h>

#include "analyzer/model/trips.h"

/* What bytes are to the round trip that they belong to. */
enum part { PART_NONE, PART_REQUEST, PART_RESPONSE, PART_INTERIM };

/* A call that brought bytes which wait. */
struct segment {
	struct event event;
	struct current now;
	uint64_t end; /* offset behind the bytes */
};

/* A call of another thread that came before the one whose bytes stand before its own. */
struct early {
	struct early *next;
	struct piece piece;
	struct event event;
	struct current now;
	uint8_t payload[];
};

/* One direction. */
struct half {
	uint64_t at;       /* offset of the next byte to be given */
	uint64_t skip;
	struct trip *trip; /* that bytes belong to; NULL: to none */
	enum part part;
	bool begun;        /* at is known */
	bool lost;         /* out of step: where messages begin is not known */
	bool moved;        /* bytes came since it was lost, or the other side lost or asked */
	bool done;         /* the trip is complete with the bytes skipped */
	bool open_ended;   /* the response ends with the stream */
	bool suspect;      /* requests were lost with their calls: answers may be to those */
	bool hides;        /* hidden holds */
	struct trip *many; /* open, in whose bytes there may be requests unseen; or NULL */
	uint64_t message_bytes; /* of the message at hand, given so far */
	uint64_t message_ns;    /* start of the call that moved its first byte */
	struct trip hidden; /* such a one when it was complete: later ones are alike */
	uint8_t *bytes;    /* that wait */
	size_t count, room;
	struct segment *segments; /* of those, oldest first */
	size_t segment_count, segment_room;
	struct early *early; /* by offset */
	unsigned int early_count;
};

struct dialogue {
	struct exchange *x;
	const struct protocol *protocol;
	enum direction client;      /* of the bytes that the client sent */
	enum direction last;        /* of the last piece */
	bool by_id;                 /* some requests had one: what is not seen cannot be counted */
	bool doubted;               /* it was not the protocol it looked like */
	bool over;                  /* another protocol follows: next; or none that is known */
	const struct protocol *next;
	struct half halves[2];      /* by enum direction */
	max_align_t state[];        /* the protocol's */
};

static inline enum direction side_direction(const struct dialogue *d, enum side side)
{
	return side == CLIENT ? d->client : direction_back(d->client);
}

static inline enum side direction_side(const struct dialogue *d, enum direction direction)
{
	return direction == d->client ? CLIENT : SERVER;
}

/* What was given so far was a message, or as much of it as there is. */
void half_tell_message(struct dialogue *d, enum direction direction);
/* The direction is out of step from here on; seen: in bytes of the current call. */
void half_lose(struct dialogue *d, enum direction direction, bool seen);
/* The same, and the protocol is told, unless it is out of step already. */
void half_lose_step(struct dialogue *d, enum direction direction, bool seen);
/* Back in step, if a message starts with the piece; before the piece is taken. */
void half_find_step(struct dialogue *d, const struct piece *p);
/* Back in step, if a message ends with the piece; behind it. */
void half_find_end(struct dialogue *d, const struct piece *p);
/* All bytes behind a loss were responses to what was asked before in the other direction. */
void half_end_lost(struct dialogue *d, enum direction responses);

#endif
