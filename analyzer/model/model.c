/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hands each event to its thread's and its connection's state. */
#include "analyzer/model/model.h"

#include <stdlib.h>

#include "analyzer/model/exchange.h"
#include "analyzer/model/wire.h"
#include "analyzer/util/alloc.h"

/* Calls that a signal handler made within another one are logged before it. */
#define NESTED_MAX 4

struct thread_state {
	struct thread_state *next; /* in the model */
	struct thread *thread;
	struct thread_stats stats;
	uint64_t waited_ns; /* in waits that were logged, since its last other call */
	uint64_t end_ns;    /* of its calls so far */
	struct {
		uint64_t start_ns, blocked_before_ns;
	} recent[NESTED_MAX]; /* a ring: its last calls */
	unsigned int newest;
};

struct model {
	struct exchange_pool pool;
	struct thread_state *threads;
};

struct model *model_new(round_trip_listener *listener, void *user)
{
	struct model *m = xcalloc(1, sizeof(*m));

	m->pool.listener = listener;
	m->pool.user = user;
	m->pool.end = &m->pool.exchanges;
	return m;
}

void model_listen_messages(struct model *m, message_listener *listener)
{
	m->pool.message_listener = listener;
}

void model_keep_raw_names(struct model *m)
{
	m->pool.raw_names = true;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	exchange_free_all(&m->pool);
	while (m->threads) {
		struct thread_state *t = m->threads;

		m->threads = t->next;
		t->thread->user = NULL;
		free(t);
	}
	free(m);
}

static struct thread_state *thread_of(struct model *m, struct thread *thread)
{
	struct thread_state *t = thread->user;

	if (t)
		return t;
	t = xcalloc(1, sizeof(*t));
	t->thread = thread;
	t->stats.first_ns = UNKNOWN;
	t->next = m->threads;
	m->threads = t;
	thread->user = t;
	return t;
}

static struct exchange *exchange_of(struct model *m, struct connection *c)
{
	if (!c->user)
		c->user = exchange_new(&m->pool, c);
	return c->user;
}

void thread_count_trip(const struct thread *thread)
{
	struct thread_state *t = thread->user;

	t->stats.round_trips++;
}

/*
 * Adds the call and the waits before it, each moment once: a call that began before the
 * last one ended holds that one, so that the count goes back to what it was before.
 */
static void count_blocked(struct thread_state *t, const struct event *e)
{
	uint64_t before = t->stats.blocked_ns, end = event_end_ns(e);

	if (event_is_tls(e)) {
		t->stats.blocked_ns += e->waited_ns; /* the calls made in it have counted theirs */
		return;
	}
	if (e->start_ns < t->end_ns)
		for (unsigned int i = 0; i < NESTED_MAX; i++) {
			unsigned int n = (t->newest - i) % NESTED_MAX;

			if (t->recent[n].start_ns < e->start_ns)
				break;
			before = t->recent[n].blocked_before_ns;
		}
	t->newest = (t->newest + 1) % NESTED_MAX;
	t->recent[t->newest].start_ns = e->start_ns;
	t->recent[t->newest].blocked_before_ns = before;
	t->stats.blocked_ns = before + event_blocked_ns(e) + e->waited_ns;
	if (end > t->end_ns)
		t->end_ns = end;
}

/*
 * How long the thread sat in waits since its last other call: the library says so,
 * or it has logged the waits themselves (detail fine).
 */
static uint64_t take_waited(struct thread_state *t, const struct event *e)
{
	uint64_t waited = t->waited_ns + e->waited_ns;

	t->waited_ns = e->class == CALL_CLASS_WAIT ? waited + e->duration_ns : 0;
	return waited;
}

static void note_first(struct thread_state *t, const struct event *e)
{
	uint64_t first = e->waited_ns < e->start_ns ? e->start_ns - e->waited_ns : e->start_ns;

	if (first < t->stats.first_ns)
		t->stats.first_ns = first;
}

static void count_unjoined(struct thread_state *t, const struct event *e)
{
	uint64_t bytes = event_bytes(e);

	t->stats.unjoined.calls += bytes > 0;
	if (event_sends(e))
		t->stats.unjoined.bytes_sent += bytes;
	else
		t->stats.unjoined.bytes_received += bytes;
}

void model_feed(struct model *m, const struct event *e)
{
	struct thread_state *t = thread_of(m, e->thread);
	uint64_t waited = take_waited(t, e);

	t->stats.calls += !e->continued;
	note_first(t, e);
	count_blocked(t, e);
	if (!e->connection && event_is_tls(e))
		count_unjoined(t, e);
	if (e->connection)
		exchange_feed(exchange_of(m, e->connection), e, waited, t->stats.calls);
}

void model_view(struct model *m, struct connection *c, const struct kernel_view *view)
{
	exchange_view(exchange_of(m, c), view);
}

void model_finish(struct model *m)
{
	for (struct exchange *x = m->pool.exchanges; x; x = x->next)
		exchange_finish(x);
}

/* What is known of its role before a byte was moved. */
static enum role connection_role(const struct connection *c)
{
	while (c && c->origin == ORIGIN_FORKED)
		c = c->parent;
	if (!c)
		return ROLE_UNKNOWN;
	if (c->origin == ORIGIN_ACCEPT)
		return ROLE_SERVER;
	if (!c->datagram && c->connect_started_ns != UNKNOWN)
		return ROLE_CLIENT;
	if (c->tls && c->tls->role_known)
		return c->tls->server ? ROLE_SERVER : ROLE_CLIENT;
	return ROLE_UNKNOWN;
}

struct connection_stats connection_stats_new(const struct connection *c)
{
	return (struct connection_stats){
		.role = connection_role(c),
		.first_ns = UNKNOWN, .last_ns = UNKNOWN,
		.rtt_us = UNKNOWN, .min_rtt_us = UNKNOWN, .retransmits = UNKNOWN,
		.sent_last_ns = UNKNOWN, .received_last_ns = UNKNOWN, .error_ns = UNKNOWN,
		.wire_bytes_sent = UNKNOWN, .wire_bytes_received = UNKNOWN,
		.socket_sent = c->sent_before, .socket_received = c->received_before,
	};
}

static uint64_t stream_bytes(const struct stream *s)
{
	return s->end - s->base;
}

/* What the streams of both layers say; without TLS there is but the socket's. */
static void add_streams(struct connection_stats *stats, const struct exchange *x)
{
	const struct stream *streams = x->streams, *socket = x->wire ? x->wire->streams : streams;

	stats->bytes_sent = stream_bytes(&streams[DIRECTION_SENT]);
	stats->bytes_received = stream_bytes(&streams[DIRECTION_RECEIVED]);
	stats->socket_sent = socket[DIRECTION_SENT].end;
	stats->socket_received = socket[DIRECTION_RECEIVED].end;
	stats->sent_last_ns = socket[DIRECTION_SENT].last_ns;
	stats->received_last_ns = socket[DIRECTION_RECEIVED].last_ns;
	if (!x->wire)
		return;
	stats->encryption = ENCRYPTION_SEEN;
	stats->wire_bytes_sent = stream_bytes(&socket[DIRECTION_SENT]);
	stats->wire_bytes_received = stream_bytes(&socket[DIRECTION_RECEIVED]);
}

struct connection_stats model_connection(const struct model *m, const struct connection *c)
{
	const struct exchange *x = c->user;
	struct connection_stats stats = x ? x->stats : connection_stats_new(c);

	(void)m;
	if (x)
		add_streams(&stats, x);
	if (c->closed_view) {
		stats.rtt_us = c->closed_view->rtt_us;
		stats.min_rtt_us = c->closed_view->min_rtt_us;
		stats.retransmits = c->closed_view->retransmits;
	}
	return stats;
}

/* A SYN, a FIN and what a reset leaves open are up to so many bytes in a direction. */
#define CONTROL_BYTES_MAX 2

static uint64_t beyond(uint64_t counted, uint64_t ours)
{
	return counted > ours + CONTROL_BYTES_MAX ? counted - ours : 0;
}

/* The kernel's count without the bytes that stand for control, as far as its state tells. */
static uint64_t without(uint64_t counted, unsigned int control)
{
	return counted > control ? counted - control : 0;
}

bool connection_unseen(const struct connection *c, uint64_t *unseen_bytes, uint64_t *all_bytes)
{
	const struct kernel_view *v = c->closed_view;
	bool ours = c->origin == ORIGIN_SOCKET || c->origin == ORIGIN_ACCEPT;
	uint64_t sent, received;

	if (!v || !ours || c->shared || c->closed_sent == UNKNOWN || c->closed_received == UNKNOWN)
		return false;
	/* The SYN of the side that was connected to is not counted (Linux). */
	sent = without(v->acknowledged_bytes,
		       (c->origin == ORIGIN_SOCKET) + v->our_close_acknowledged);
	received = without(v->received_bytes, (unsigned int)v->peer_closed);
	*unseen_bytes = beyond(sent, c->closed_sent) +
			beyond(without(received, (unsigned int)v->unread_bytes), c->closed_received);
	*all_bytes = sent + received;
	return true;
}

struct thread_stats model_thread(const struct model *m, const struct thread *t)
{
	const struct thread_state *state = t->user;

	(void)m;
	return state ? state->stats : (struct thread_stats){ .first_ns = UNKNOWN };
}

const char *role_name(enum role role)
{
	switch (role) {
	case ROLE_CLIENT:
		return "client";
	case ROLE_SERVER:
		return "server";
	default:
		return NULL;
	}
}

const char *status_name(enum status status)
{
	static const char *const names[] = {
		[STATUS_OK] = "ok",         [STATUS_ERROR] = "error",     [STATUS_RESET] = "reset",
		[STATUS_CLOSED] = "closed", [STATUS_PENDING] = "pending", [STATUS_FAILED] = "failed",
		[STATUS_ONE_WAY] = "one-way",
	};

	return names[status];
}

const char *message_kind_name(enum message_kind kind)
{
	static const char *const names[] = {
		[MESSAGE_UNKNOWN] = "unknown", [MESSAGE_REQUEST] = "request",
		[MESSAGE_ANSWER] = "answer",   [MESSAGE_INTERIM] = "interim",
		[MESSAGE_ASIDE] = "aside",
	};

	return names[kind];
}

const char *transport_name(enum transport t)
{
	static const char *const names[] = {
		[TRANSPORT_TCP] = "tcp",
		[TRANSPORT_UDP] = "udp",
		[TRANSPORT_UNIX] = "unix",
		[TRANSPORT_OTHER] = "other",
	};

	return names[t];
}
