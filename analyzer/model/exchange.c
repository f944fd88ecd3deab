/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds a connection's calls to its protocol and keeps its round trips. */
#include "analyzer/model/exchange.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "analyzer/model/phases.h"
#include "analyzer/model/trip.h"
#include "analyzer/model/wire.h"
#include "analyzer/util/alloc.h"

struct exchange *exchange_new(struct exchange_pool *pool, struct connection *c)
{
	const struct protocol *protocol = &protocol_turns;
	struct exchange *x = xcalloc(1, sizeof(*x) + protocol->state_bytes);

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
	x->protocol = protocol;
	if (c->tls)
		wire_open(x);
	return x;
}

/* Streams */

static uint64_t stream_lost(const struct stream *s)
{
	uint64_t bytes = s->end - s->base;

	return bytes > s->seen ? bytes - s->seen : 0;
}

/* Bytes that went missing, in clear and on the wire. */
static uint64_t bytes_lost(const struct exchange *x, enum direction d)
{
	return stream_lost(&x->streams[d]) + (x->wire ? stream_lost(&x->wire->streams[d]) : 0);
}

/* Without losses a hole is but the overlap of two threads' calls. */
static bool may_have_lost(const struct process *p)
{
	return p->lost_events || p->overwritten_events || p->damaged_chunks;
}

/* Whether bytes of this direction went missing while the round trip was open. */
static bool lost_since(const struct exchange *x, const struct trip *t, enum direction d)
{
	return may_have_lost(x->connection->process) && bytes_lost(x, d) > t->lost_before[d];
}

/* Round trips */

static struct trip *new_trip(struct exchange *x, uint64_t key, enum direction request)
{
	const struct current *now = &x->pool->current;
	struct trip *t = x->pool->free_trips;
	bool tls = event_is_tls(now->event);
	uint64_t wire_bytes = tls ? 0 : UNKNOWN;

	if (t)
		x->pool->free_trips = t->next;
	else
		t = xmalloc(sizeof(*t));
	/* Every member is named: clearing it first takes the compiler as long as all the rest. */
	*t = (struct trip){
		.next = NULL,
		.key = key,
		.request = request,
		.answered = false,
		.ended = false,
		.status = STATUS_PENDING,
		.error = 0,
		.thread = now->event->thread,
		.stack_id = now->event->stack_id,
		.language_stack_id = now->event->language_stack_id,
		.calls = 0,
		.request_calls = 0,
		.request_last_bytes = 0,
		.may_hold_back = !x->no_delay,
		.last_call = 0,
		.first_ns = { UNKNOWN, UNKNOWN },
		.last_ns = { UNKNOWN, UNKNOWN },
		.offset = { 0, 0 },
		.bytes = { 0, 0 },
		.encryption = tls ? ENCRYPTION_SEEN : x->stats.encryption,
		.wire_bytes = { wire_bytes, wire_bytes },
		.blocked_ns = 0,
		.unclaimed_ns = 0,
		.connect_ns = UNKNOWN,
		.lookup_ns = UNKNOWN,
		.handshake_ns = UNKNOWN,
		.queue_ns = UNKNOWN,
		.rtt_us = UNKNOWN,
		.lost_before = { now->lost_before[0], now->lost_before[1] },
		.eof_start_ns = UNKNOWN,
		.eof_end_ns = UNKNOWN,
	};
	phases_before(x, t);
	if (x->last)
		x->last->next = t;
	else
		x->first = t;
	x->last = t;
	return t;
}

/* The open one with this key: the newest or oldest most often. NULL if there is none. */
static struct trip *find_trip(const struct exchange *x, uint64_t key)
{
	if (x->last && x->last->key == key && !x->last->ended)
		return x->last;
	for (struct trip *t = x->first; t; t = t->next)
		if (t->key == key && !t->ended)
			return t;
	return NULL;
}

static void end_trip(struct trip *t, enum status status, int error)
{
	t->ended = true;
	t->status = status;
	t->error = error;
}

/*
 * What it was when all is known: the end of a stream that this process brought about
 * by shutdown() while it was reading is not the peer's doing, and a response
 * whose calls were lost was one.
 */
static void settle(const struct exchange *x, struct trip *t)
{
	if (t->status == STATUS_CLOSED && x->shutdown_ns != UNKNOWN &&
	    t->eof_start_ns <= x->shutdown_ns && x->shutdown_ns <= t->eof_end_ns)
		t->status = STATUS_PENDING;
	if (t->status == STATUS_PENDING && lost_since(x, t, trip_response(t)))
		t->status = STATUS_OK;
}

static void tell(struct exchange *x, struct trip *t)
{
	bool certain = !lost_since(x, t, DIRECTION_SENT) && !lost_since(x, t, DIRECTION_RECEIVED);
	struct round_trip r;

	settle(x, t);
	trip_describe(t, x->connection, x->protocol->name, certain, &r);
	x->stats.round_trips++;
	x->stats.failed += round_trip_failed(&r);
	x->stats.pending += r.status == STATUS_PENDING;
	thread_count_trip(t->thread);
	if (x->pool->listener)
		x->pool->listener(x->pool->user, &r);
}

/* Tells and drops what ended and has its response in this direction. */
static void tell_ended(struct exchange *x, enum direction response)
{
	struct trip **link = &x->first, *last = NULL;

	while (*link) {
		struct trip *t = *link;

		if (!t->ended || trip_response(t) != response) {
			last = t;
			link = &t->next;
			continue;
		}
		tell(x, t);
		*link = t->next;
		t->next = x->pool->free_trips;
		x->pool->free_trips = t;
	}
	x->last = last;
}

static void add_piece(struct exchange *x, struct trip *t, const struct piece *p)
{
	const struct current *now = &x->pool->current;

	trip_add_piece(t, p, now->event, &now->passage);
	if (trip_is_tls(t))
		wire_give(x->wire, t, now->event);
	t->rtt_us = x->stats.rtt_us;
	if (t->last_call != x->stats.calls)
		trip_add_call(t, now->event, now->waited_ns);
	t->last_call = x->stats.calls;
}

void exchange_request(struct exchange *x, uint64_t key, const struct piece *p)
{
	struct trip *t = find_trip(x, key);

	if (!t)
		t = new_trip(x, key, p->direction);
	add_piece(x, t, p);
}

bool exchange_response(struct exchange *x, uint64_t key, const struct piece *p)
{
	struct trip *t = find_trip(x, key);

	if (!t) {
		x->stats.unsolicited_bytes += p->bytes;
		return false;
	}
	t->answered = true;
	add_piece(x, t, p);
	return true;
}

void exchange_end(struct exchange *x, uint64_t key)
{
	struct trip *t = find_trip(x, key);

	if (t)
		end_trip(t, t->answered ? STATUS_OK : STATUS_PENDING, 0);
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
	tell_ended(x, p.direction);
	x->protocol->take(x->state, x, &p, x->stats.role == ROLE_CLIENT);
	if (x->wire && event_is_tls(e))
		wire_settle(x->wire, e);
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
	struct trip *t = new_trip(x, 0, DIRECTION_SENT);

	t->first_ns[DIRECTION_SENT] = e->start_ns;
	t->offset[DIRECTION_SENT] = e->offset;
	trip_add_call(t, e, x->pool->current.waited_ns);
	end_trip(t, status, error);
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
		trip_add_call(t, e, x->pool->current.waited_ns);
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
			end_trip(t, STATUS_OK, 0);
			continue;
		}
		charge(x, t, e);
		end_trip(t, status, error);
		failed = true;
	}
	/* Beneath TLS the call that had plaintext to send fails as well. */
	if (failed || direction != DIRECTION_SENT || x->pool->current.beneath_tls)
		return;
	decide_role(x, e);
	if (x->stats.role == ROLE_CLIENT)
		fail_to_ask(x, e, status, error);
}

/* The peer sends no more: whatever was asked and not answered never will be. */
static void reach_end(struct exchange *x, const struct event *e)
{
	for (struct trip *t = x->first; t; t = t->next) {
		if (t->ended || t->request != DIRECTION_SENT)
			continue;
		if (t->answered) {
			end_trip(t, STATUS_OK, 0);
			continue;
		}
		charge(x, t, e);
		t->eof_start_ns = e->start_ns;
		t->eof_end_ns = event_end_ns(e);
		end_trip(t, STATUS_CLOSED, 0);
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

static void end_open(struct exchange *x)
{
	for (struct trip *t = x->first; t; t = t->next)
		if (!t->ended)
			end_trip(t, t->answered ? STATUS_OK : STATUS_PENDING, 0);
}

/* The first call of TLS or beneath it: what was said in clear text (STARTTLS) is complete. */
static void begin_tls(struct exchange *x, const struct event *e)
{
	if (!x->wire)
		wire_find(x, e);
	x->wire->begun = true;
	end_open(x);
}

/* Finds the layer of the event. */
static void place(struct exchange *x, const struct event *e)
{
	struct current *now = &x->pool->current;

	if (!event_is_tls(e) && !x->wire)
		return;
	now->beneath_tls = wire_has(x->wire, e);
	if (!event_is_tls(e) && !now->beneath_tls)
		return;
	if ((now->beneath_tls || e->class != CALL_CLASS_TLS) && !(x->wire && x->wire->begun))
		begin_tls(x, e);
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
	x->pool->current = (struct current){
		.event = e,
		.passage = { e->start_ns, event_end_ns(e), e->ready_ns },
		.waited_ns = waited_ns,
		.lost_before = { bytes_lost(x, DIRECTION_SENT), bytes_lost(x, DIRECTION_RECEIVED) },
	};
	place(x, e);
	count_call(x, e, waited_ns, call);
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
	struct stream *socket = x->wire ? x->wire->streams : x->streams;

	if (c->closed_sent != UNKNOWN)
		stream_reach(&socket[DIRECTION_SENT], c->closed_sent);
	if (c->closed_received != UNKNOWN)
		stream_reach(&socket[DIRECTION_RECEIVED], c->closed_received);
	end_open(x);
	tell_ended(x, DIRECTION_SENT);
	tell_ended(x, DIRECTION_RECEIVED);
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
			free(t);
		}
		free(x->wire);
		free(x);
	}
	while (pool->free_trips) {
		struct trip *t = pool->free_trips;

		pool->free_trips = t->next;
		free(t);
	}
}
