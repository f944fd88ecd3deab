/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection in the model: how far its two streams are, and its open round trips.
 *
 * A round trip goes from open (its request began) over answered (its response began)
 * to ended, and is told to the listener when it is certain that no call of it was
 * lost: at the next bytes in the direction of its response, whose offset shows
 * whether any are missing before them, or at the end of the connection.
 *
 *	event ─→ sniff ─→ exchange ─→ turns or dialogue ─→ trips ─→ listener
 *	         (holds the first ones back, until they tell the protocol)
 */
#ifndef MODEL_EXCHANGE_H
#define MODEL_EXCHANGE_H

#include "analyzer/model/model.h"
#include "analyzer/model/trip.h"

/* The bytes of one direction. */
struct stream {
	uint64_t base; /* offset of the first byte of this connection; UNKNOWN until it is moved */
	uint64_t end;  /* behind the furthest byte known of */
	uint64_t seen; /* how many of those between were in events that are there */
	uint64_t last_ns; /* end of the last of those; UNKNOWN without any */
};

static inline void stream_reach(struct stream *s, uint64_t end)
{
	if (end > s->end)
		s->end = end;
}

/* The bytes of an event that ended then; a stream that nothing is known of begins with its first ones. */
static inline void stream_take(struct stream *s, uint64_t offset, uint64_t bytes, uint64_t end_ns)
{
	if (s->base == UNKNOWN)
		s->base = s->end = offset;
	stream_reach(s, offset + bytes);
	s->seen += bytes;
	s->last_ns = end_ns;
}

/* The event being taken in. */
struct current {
	const struct event *event;
	uint64_t call;           /* which of its connection's calls it is of, from 1 */
	struct passage passage;  /* of its bytes */
	bool beneath_tls;        /* it is on the socket, and round trips are of the plaintext */
	uint64_t waited_ns;      /* its thread sat in waits before it */
	uint64_t lost_before[2]; /* bytes that were missing in each stream before it */
};

/* What all exchanges of a model share. */
struct exchange_pool {
	struct current current;
	round_trip_listener *listener;
	message_listener *message_listener; /* NULL: nobody wants to know */
	void *user;
	bool raw_names;
	struct trip *free_trips;
	struct label *free_labels;
	struct exchange *exchanges; /* all, in order of first event */
	struct exchange **end;      /* of that list */
};

struct exchange {
	struct exchange *next; /* in the pool */
	struct exchange_pool *pool;
	struct connection *connection;
	struct connection_stats stats;
	struct stream streams[2];  /* by enum direction: of the bytes that round trips are of */
	struct wire *wire;         /* the socket beneath them; NULL without TLS */
	struct trip *first, *last; /* not yet told, in order of start */
	uint64_t ended;            /* how many of those ended */
	struct trip *oldest[2];    /* by direction of request: none before it is open; or NULL */
	struct trip *by_id[2];     /* by direction of request: tables of those open */
	uint64_t charged_call;     /* the last whose blocked time was given to a round trip */
	const struct thread *last_thread; /* of its last event */
	uint64_t last_call;        /* which of that thread's calls that was of */
	uint64_t shutdown_ns;      /* when this process last called shutdown(); UNKNOWN if never */
	bool had_trip;
	bool no_delay;             /* TCP_NODELAY is set, or not known not to be */
	struct sniff *sniff;       /* while it looks for the protocol; else NULL */
	struct dialogue *dialogue; /* that was found; NULL: it takes turns */
	struct trip *turn;         /* of the turn at hand; NULL: none */
};

/* The exchange of a connection's first event. */
struct exchange *exchange_new(struct exchange_pool *pool, struct connection *c);
/*
 * Takes in an event of the connection; waited_ns: see struct current; call: which of its
 * thread's calls it is of.
 */
void exchange_feed(struct exchange *x, const struct event *e, uint64_t waited_ns, uint64_t call);
/* The same of one that was held back. */
void exchange_take(struct exchange *x, const struct event *e, uint64_t waited_ns, uint64_t call);
/* Takes in what the kernel knows of it by now. */
void exchange_view(struct exchange *x, const struct kernel_view *view);
/* The connection or the recording ended: tells all that is open. */
void exchange_finish(struct exchange *x);
void exchange_free_all(struct exchange_pool *pool);

/* What is known of a connection before its first event. */
struct connection_stats connection_stats_new(const struct connection *c);

/* A round trip was told: thread's count goes up. */
void thread_count_trip(const struct thread *thread);

#endif
