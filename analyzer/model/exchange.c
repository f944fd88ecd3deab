/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes in a connection's calls: what they moved, how they failed, how it ended. */
#include "analyzer/model/exchange.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "analyzer/model/dialogue.h"
#include "analyzer/model/sniff.h"
#include "analyzer/model/trips.h"
#include "analyzer/model/turns.h"
#include "analyzer/model/wire.h"
#include "analyzer/util/alloc.h"

struct exchange *exchange_new(struct exchange_pool *pool, struct connection *c)
{
	struct exchange *x = xcalloc(1, sizeof(*x));

	x->pool = pool;
	*pool->end = x;
	pool->end = &x->next;
	x->connection = c;
	x->stats = connection_stats_new(c);
	x->shutdown_ns = UNKNOWN;
	/* What others made may have it set; an accepted one has what its listener had. */
	x->no_delay = c->transport != TRANSPORT_TCP || c->origin != ORIGIN_SOCKET;
	x->streams[DIRECTION_SENT].base = c->sent_before;
	x->streams[DIRECTION_SENT].end = c->sent_before;
	x->streams[DIRECTION_RECEIVED].base = c->received_before;
	x->streams[DIRECTION_RECEIVED].end = c->received_before;
	x->streams[DIRECTION_SENT].last_ns = UNKNOWN;
	x->streams[DIRECTION_RECEIVED].last_ns = UNKNOWN;
	x->sniff = sniff_new();
	if (c->tls)
		wire_open(x);
	return x;
}

/* Events */

/* An unconnected datagram socket, a pair, one found open: whoever speaks first asks. */
static void decide_role(struct exchange *x, const struct event *e)
{
	bool connected = x->connection->connect_started_ns <= e->start_ns;

	if (x->stats.role != ROLE_UNKNOWN)
		return;
	x->stats.role = connected || event_sends(e) ? ROLE_CLIENT : ROLE_SERVER;
}

/* What it said was another protocol's, from the piece on, or nobody knows whose. */
static void change_protocol(struct exchange *x, const struct piece *p)
{
	const struct protocol *next;
	bool was_it = dialogue_outcome(x->dialogue, &next);

	dialogue_free(x->dialogue);
	x->dialogue = NULL;
	if (next) {
		x->dialogue = dialogue_new(x, next);
		dialogue_start_at(x->dialogue, p->direction, p->offset);
	} else if (was_it) {
		x->sniff = sniff_new();
	} else if (x->last && !x->last->ended) {
		x->turn = x->last;
	}
}

static void converse(struct exchange *x, struct piece *p)
{
	while (x->dialogue) {
		if (dialogue_take(x->dialogue, p))
			return;
		change_protocol(x, p);
		if (!p->bytes)
			return;
	}
	turns_take(x, p);
}

static void move_bytes(struct exchange *x, const struct event *e)
{
	struct piece p = {
		.direction = event_direction(e),
		.offset = e->offset,
		.bytes = event_bytes(e),
		.head = e->head,
		.tail = e->tail,
		.head_bytes = e->head_bytes,
		.tail_bytes = e->tail_bytes,
	};
	struct stream *s = &x->streams[p.direction];

	stream_take(s, p.offset, p.bytes, event_end_ns(e));
	decide_role(x, e);
	if (x->stats.encryption != ENCRYPTION_UNSEEN && !x->wire)
		wire_look(x, &p);
	trips_tell_ended(x, p.direction);
	converse(x, &p);
	if (x->wire && event_is_tls(e))
		wire_settle(x->wire, e, x->dialogue && dialogue_holds(x->dialogue, p.direction));
}

/* The connection is fine: the call will be made again. */
static bool is_passing(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == EINPROGRESS ||
	       error == EALREADY;
}

/* A request of which no byte could be sent. */
static void fail_to_ask(struct exchange *x, const struct event *e, enum status status, int error)
{
	struct trip *t = trips_begin(x, DIRECTION_SENT);

	t->first_ns[DIRECTION_SENT] = e->start_ns;
	t->offset[DIRECTION_SENT] = e->offset;
	trip_add_call(t, e, x->pool->current.waited_ns, true);
	trips_end(x, t, status, error);
}

static void note_error(struct connection_stats *s, const struct event *e)
{
	if (s->error)
		return;
	s->error = -e->result;
	s->error_stack = e->stack_id;
	s->error_language_stack = e->language_stack_id;
	s->error_ns = event_end_ns(e);
}

/* A call beneath TLS is none of the round trip's, but what was waited in it is. */
static void charge(struct exchange *x, struct trip *t, const struct event *e)
{
	if (x->pool->current.beneath_tls)
		trip_block(t, e, x->pool->current.waited_ns);
	else
		trip_add_call(t, e, x->pool->current.waited_ns, true);
}

/*
 * A call that failed for good fails what waits for an answer, and an answer that it
 * was to move.  One that was to move the next request leaves the answer before complete.
 */
static void fail(struct exchange *x, const struct event *e)
{
	enum direction direction = event_direction(e);
	int error = -e->result;
	enum status status = error == ECONNRESET || error == EPIPE ? STATUS_RESET : STATUS_ERROR;
	bool failed = false;

	note_error(&x->stats, e);
	for (struct trip *t = x->first; t; t = t->next) {
		if (t->ended)
			continue;
		if (t->answered && direction == t->request) {
			trips_end(x, t, STATUS_OK, 0);
			continue;
		}
		charge(x, t, e);
		trips_end(x, t, status, error);
		failed = true;
	}
	/* Beneath TLS the call that had plaintext to send fails as well. */
	if (failed || direction != DIRECTION_SENT || x->pool->current.beneath_tls)
		return;
	decide_role(x, e);
	if (x->stats.role == ROLE_CLIENT)
		fail_to_ask(x, e, status, error);
}

/* The peer sends no more: whatever was asked and not answered in full never will be. */
static void reach_end(struct exchange *x, const struct event *e)
{
	for (struct trip *t = x->first; t; t = t->next) {
		if (t->ended || t->request != DIRECTION_SENT)
			continue;
		if (t->answered && !(x->dialogue && dialogue_is_short(x->dialogue, t))) {
			trips_end(x, t, t->failed ? STATUS_FAILED : STATUS_OK, 0);
			continue;
		}
		charge(x, t, e);
		t->eof_start_ns = e->start_ns;
		t->eof_end_ns = event_end_ns(e);
		trips_end(x, t, STATUS_CLOSED, 0);
	}
}

/* A call that moved nothing, but in which the thread may have waited for the answer. */
static void wait_for_answer(struct exchange *x, const struct event *e)
{
	if (x->last && !x->last->ended)
		trip_block(x->last, e, x->pool->current.waited_ns);
}

static void transfer(struct exchange *x, const struct event *e)
{
	if (e->result < 0 && !is_passing(-e->result)) {
		fail(x, e);
	} else if (e->result < 0 || e->peek) {
		wait_for_answer(x, e);
	} else if (x->pool->current.beneath_tls && e->result > 0) {
		wire_carry(x, e, x->pool->current.waited_ns);
	} else if (e->result > 0 || (x->connection->datagram && !x->wire)) {
		move_bytes(x, e);
	} else if (event_receives(e)) {
		reach_end(x, e);
	}
}

/* A call that moves several messages has an event for each. */
static bool is_same_call(const struct exchange *x, const struct event *e, uint64_t call)
{
	return e->continued && x->last_thread == e->thread && x->last_call == call;
}

static void count_call(struct exchange *x, const struct event *e, uint64_t waited_ns, uint64_t call)
{
	struct connection_stats *s = &x->stats;
	uint64_t end = event_end_ns(e);

	s->calls += !is_same_call(x, e, call);
	x->last_thread = e->thread;
	x->last_call = call;
	s->blocked_ns += event_blocked_ns(e) + waited_ns;
	if (e->start_ns < s->first_ns)
		s->first_ns = e->start_ns;
	if (s->last_ns == UNKNOWN || end > s->last_ns)
		s->last_ns = end;
}

/* Whether it is the first call of TLS, or beneath it. */
static bool begins_tls(const struct exchange *x, const struct event *e)
{
	if (x->wire && x->wire->begun)
		return false;
	return wire_has(x->wire, e) || (event_is_tls(e) && e->class != CALL_CLASS_TLS);
}

/* What was said in clear text (STARTTLS) is complete. */
static void begin_tls(struct exchange *x, const struct event *e)
{
	sniff_end(x);
	if (!x->wire)
		wire_find(x, e);
	x->wire->begun = true;
	trips_end_open(x);
	dialogue_free(x->dialogue);
	x->dialogue = NULL;
	sniff_free(x->sniff);
	x->sniff = sniff_new();
}

/* Finds the layer of the event. */
static void place(struct exchange *x, const struct event *e)
{
	struct current *now = &x->pool->current;

	now->beneath_tls = wire_has(x->wire, e);
	if (event_is_tls(e) && x->wire)
		now->passage = wire_passage(x->wire, e);
}

static void note_no_delay(struct exchange *x, const struct event *e)
{
	if (e->result == 0)
		x->no_delay = e->option_value != 0;
}

void exchange_feed(struct exchange *x, const struct event *e, uint64_t waited_ns, uint64_t call)
{
	if (begins_tls(x, e))
		begin_tls(x, e);
	if (!x->sniff || !sniff_holds(x, e, waited_ns, call))
		exchange_take(x, e, waited_ns, call);
}

void exchange_take(struct exchange *x, const struct event *e, uint64_t waited_ns, uint64_t call)
{
	x->pool->current = (struct current){
		.event = e,
		.passage = { e->start_ns, event_end_ns(e), e->ready_ns },
		.waited_ns = waited_ns,
		.lost_before = { exchange_bytes_lost(x, DIRECTION_SENT),
				 exchange_bytes_lost(x, DIRECTION_RECEIVED) },
	};
	place(x, e);
	count_call(x, e, waited_ns, call);
	x->pool->current.call = x->stats.calls;
	if (event_sends(e) || event_receives(e))
		transfer(x, e);
	else if (e->sets_option && e->option_level == IPPROTO_TCP && e->option == TCP_NODELAY)
		note_no_delay(x, e);
	else if (e->kind == CALL_SHUTDOWN && e->result == 0)
		x->shutdown_ns = e->start_ns;
	else if (e->kind == CALL_FDOPEN)
		x->stats.has_stream |= e->result == 0;
	else if (e->kind == CALL_CLOSE && x->connection->closed_ns <= event_end_ns(e))
		exchange_finish(x); /* it was the last descriptor of the connection */
}

void exchange_view(struct exchange *x, const struct kernel_view *view)
{
	x->stats.rtt_us = view->rtt_us;
	x->stats.min_rtt_us = view->min_rtt_us;
	x->stats.retransmits = view->retransmits;
}

void exchange_finish(struct exchange *x)
{
	const struct connection *c = x->connection;
	struct stream *socket;

	sniff_end(x);
	socket = x->wire ? x->wire->streams : x->streams;
	if (c->closed_sent != UNKNOWN)
		stream_reach(&socket[DIRECTION_SENT], c->closed_sent);
	if (c->closed_received != UNKNOWN)
		stream_reach(&socket[DIRECTION_RECEIVED], c->closed_received);
	if (x->dialogue)
		dialogue_finish(x->dialogue);
	trips_end_open(x);
	trips_tell_ended(x, DIRECTION_SENT);
	trips_tell_ended(x, DIRECTION_RECEIVED);
}

void exchange_free_all(struct exchange_pool *pool)
{
	while (pool->exchanges) {
		struct exchange *x = pool->exchanges;

		pool->exchanges = x->next;
		x->connection->user = NULL;
		while (x->first) {
			struct trip *t = x->first;

			x->first = t->next;
			free(t->label);
			free(t);
		}
		HASH_CLEAR(hh, x->by_id[0]);
		HASH_CLEAR(hh, x->by_id[1]);
		sniff_free(x->sniff);
		dialogue_free(x->dialogue);
		free(x->wire);
		free(x);
	}
	while (pool->free_trips) {
		struct trip *t = pool->free_trips;

		pool->free_trips = t->next;
		free(t);
	}
	while (pool->free_labels) {
		struct label *l = pool->free_labels;

		pool->free_labels = l->next;
		free(l);
	}
}
