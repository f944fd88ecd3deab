/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Name lookup, connect, TLS handshake: phases of the first round trip after them. */
#include "analyzer/model/phases.h"

#include "analyzer/model/wire.h"

/* The lookup that was made for the connection, by the thread that connected and now asks. */
static uint64_t lookup_ns(const struct connection *c, const struct thread *asker)
{
	const struct lookup *l = c->lookup;

	if (!l || l->connection != c || l->tid != c->connect_tid || l->tid != asker->tid)
		return UNKNOWN;
	return l->ended_ns - l->started_ns;
}

/* The connect belongs to the first round trip, if that is the first that was made. */
static void connecting(const struct exchange *x, struct trip *t)
{
	const struct connection *c = x->connection;
	const struct event *e = x->pool->current.event;

	if (x->had_trip || t->request != DIRECTION_SENT ||
	    e->offset != x->streams[DIRECTION_SENT].base || c->connect_error ||
	    c->connect_started_ns == UNKNOWN)
		return;
	t->connect_ns = c->connect_ended_ns - c->connect_started_ns;
	t->lookup_ns = lookup_ns(c, t->thread);
}

/* The handshake belongs to that with the first plaintext behind it, whoever asks. */
static void handshake(const struct exchange *x, struct trip *t)
{
	const struct tls *tls = x->connection->tls;
	uint64_t first;

	if (!trip_is_tls(t) || x->wire->had_trip || !tls || tls->error)
		return;
	first = t->request == DIRECTION_SENT ? tls->sent_before : tls->received_before;
	if (x->pool->current.event->offset == first)
		t->handshake_ns = tls->ended_ns - tls->started_ns;
}

void phases_before(struct exchange *x, struct trip *t)
{
	connecting(x, t);
	x->had_trip = true;
	if (!x->wire)
		return;
	handshake(x, t);
	x->wire->had_trip |= trip_is_tls(t);
}
