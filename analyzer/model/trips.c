/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps a connection's round trips from their first byte until they are told. */
#include "analyzer/model/trips.h"

#include <stddef.h>
#include <string.h>

#include "analyzer/model/dialogue.h"
#include "analyzer/model/phases.h"
#include "analyzer/model/wire.h"

/* As many as there are ids in most protocols that have them. */
#define OPEN_IDS_MAX 65536

static uint64_t stream_lost(const struct stream *s)
{
	uint64_t bytes = s->end - s->base;

	return bytes > s->seen ? bytes - s->seen : 0;
}

uint64_t exchange_bytes_lost(const struct exchange *x, enum direction d)
{
	return stream_lost(&x->streams[d]) + (x->wire ? stream_lost(&x->wire->streams[d]) : 0);
}

/* Whether bytes of this direction went missing while the round trip was open. */
static bool lost_since(const struct exchange *x, const struct trip *t, enum direction d)
{
	return may_have_lost(x->connection->process) &&
	       exchange_bytes_lost(x, d) > t->lost_before[d];
}

/* Its content is the caller's, but for the link. */
static struct trip *append(struct exchange *x)
{
	struct trip *t = x->pool->free_trips;

	if (t)
		x->pool->free_trips = t->next;
	else
		t = xmalloc(sizeof(*t));
	if (x->last)
		x->last->next = t;
	else
		x->first = t;
	x->last = t;
	return t;
}

static void enqueue(struct exchange *x, struct trip *t)
{
	if (!x->oldest[t->request])
		x->oldest[t->request] = t;
}

struct trip *trips_begin(struct exchange *x, enum direction request)
{
	const struct current *now = &x->pool->current;
	bool tls = event_is_tls(now->event);
	uint64_t wire_bytes = tls ? 0 : UNKNOWN;
	struct trip *t = append(x);

	/* The hash handle is set with the id. */
	memset(t, 0, offsetof(struct trip, hh));
	t->request = request;
	t->status = STATUS_PENDING;
	t->protocol = x->dialogue ? dialogue_protocol(x->dialogue) : NULL;
	t->thread = now->event->thread;
	t->stack_id = now->event->stack_id;
	t->language_stack_id = now->event->language_stack_id;
	t->may_hold_back = !x->no_delay;
	t->encryption = tls ? ENCRYPTION_SEEN : x->stats.encryption;
	for (int d = 0; d < 2; d++) {
		t->first_ns[d] = t->last_ns[d] = UNKNOWN;
		t->wire_bytes[d] = wire_bytes;
		t->lost_before[d] = now->lost_before[d];
	}
	t->connect_ns = t->lookup_ns = t->handshake_ns = t->queue_ns = t->rtt_us = UNKNOWN;
	t->eof_start_ns = t->eof_end_ns = UNKNOWN;
	enqueue(x, t);
	phases_before(x, t);
	return t;
}

struct trip *trips_repeat(struct exchange *x, const struct trip *other)
{
	enum direction response = trip_response(other);
	struct trip *t = append(x);

	*t = *other;
	t->next = NULL;
	t->label = NULL;
	t->answered = t->ended = t->many = t->waits = t->failed = false;
	t->status = STATUS_PENDING;
	t->blocked_ns = t->unclaimed_ns = 0;
	t->bytes[0] = t->bytes[1] = 0;
	t->first_ns[response] = t->last_ns[response] = UNKNOWN;
	t->connect_ns = t->lookup_ns = t->handshake_ns = UNKNOWN;
	enqueue(x, t);
	return t;
}

/* A peer that never answers does not make memory grow.  A table's head is its oldest. */
static void forget_oldest(struct exchange *x, enum direction request)
{
	struct trip *oldest = x->by_id[request];

	trips_end(x, oldest, oldest->answered ? STATUS_OK : STATUS_PENDING, 0);
	x->stats.forgotten++;
	trips_tell_ended(x, direction_back(request));
}

void trips_set_id(struct exchange *x, struct trip *t, uint64_t id)
{
	struct trip *same = trips_find(x, t->request, id);

	if (same)
		trips_end(x, same, same->answered ? STATUS_OK : STATUS_PENDING, 0);
	if (HASH_COUNT(x->by_id[t->request]) == OPEN_IDS_MAX)
		forget_oldest(x, t->request);
	t->id = id;
	t->by_id = true;
	HASH_ADD(hh, x->by_id[t->request], id, sizeof(t->id), t);
}

struct trip *trips_find(const struct exchange *x, enum direction request, uint64_t id)
{
	struct trip *t;

	HASH_FIND(hh, x->by_id[request], &id, sizeof(id), t);
	return t;
}

/* Whether it may stand in a queue in that direction. */
static bool is_queued(const struct trip *t, enum direction request)
{
	return !t->ended && !t->by_id && t->request == request;
}

struct trip *trips_oldest(struct exchange *x, enum direction request)
{
	struct trip *t = x->oldest[request];

	while (t && !is_queued(t, request))
		t = t->next;
	x->oldest[request] = t;
	return t;
}

struct trip *trips_after(const struct trip *t)
{
	enum direction request = t->request;

	for (t = t->next; t && !is_queued(t, request);)
		t = t->next;
	return (struct trip *)t;
}

/* Each moment that a thread sat in a call is one round trip's: the first's in the call. */
static void add_call(struct exchange *x, struct trip *t)
{
	const struct current *now = &x->pool->current;
	bool charged = x->charged_call == now->call;

	if (t->last_call == now->call)
		return;
	t->last_call = now->call;
	trip_add_call(t, now->event, now->waited_ns, !charged);
	x->charged_call = now->call;
}

void trips_add(struct exchange *x, struct trip *t, const struct piece *p)
{
	const struct current *now = &x->pool->current;

	trip_add_piece(t, p, now->event, &now->passage);
	if (trip_is_tls(t))
		wire_give(x->wire, t, now->event);
	t->rtt_us = x->stats.rtt_us;
	add_call(x, t);
}

void trips_add_interim(struct exchange *x, struct trip *t, const struct piece *p)
{
	t->bytes[p->direction] += p->bytes;
	if (trip_is_tls(t))
		wire_give(x->wire, t, x->pool->current.event);
	add_call(x, t);
}

void trips_end(struct exchange *x, struct trip *t, enum status status, int error)
{
	t->ended = true;
	t->status = status;
	t->error = error;
	x->ended++;
	if (t->by_id)
		HASH_DEL(x->by_id[t->request], t);
}

void trips_end_open(struct exchange *x)
{
	for (struct trip *t = x->first; t; t = t->next)
		if (!t->ended)
			trips_end(x, t, t->failed   ? STATUS_FAILED :
					t->answered ? STATUS_OK :
						      STATUS_PENDING, 0);
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
	bool certain = !t->uncertain && !lost_since(x, t, DIRECTION_SENT) &&
		       !lost_since(x, t, DIRECTION_RECEIVED);
	struct round_trip r;

	settle(x, t);
	trip_describe(t, x->connection, certain, &r);
	x->stats.round_trips++;
	x->stats.failed += round_trip_failed(&r);
	x->stats.pending += r.status == STATUS_PENDING;
	x->stats.one_way += r.status == STATUS_ONE_WAY;
	thread_count_trip(t->thread);
	if (x->pool->listener)
		x->pool->listener(x->pool->user, &r);
}

static void drop(struct exchange *x, struct trip *t)
{
	if (x->oldest[t->request] == t)
		x->oldest[t->request] = t->next;
	if (x->turn == t)
		x->turn = NULL;
	if (x->dialogue)
		dialogue_drop(x->dialogue, t);
	if (t->label) {
		t->label->next = x->pool->free_labels;
		x->pool->free_labels = t->label;
	}
	t->next = x->pool->free_trips;
	x->pool->free_trips = t;
}

void trips_tell_ended(struct exchange *x, enum direction response)
{
	struct trip **link = &x->first, *last = NULL;
	uint64_t ended = x->ended;

	while (*link && ended) {
		struct trip *t = *link;

		ended -= t->ended;
		if (!t->ended || (trip_response(t) != response && t->status != STATUS_ONE_WAY)) {
			last = t;
			link = &t->next;
			continue;
		}
		tell(x, t);
		*link = t->next;
		if (!t->next)
			x->last = last;
		x->ended--;
		drop(x, t);
	}
}

struct label *trips_label(struct exchange *x, struct trip *t)
{
	struct label *l = t->label;

	if (l)
		return l;
	l = x->pool->free_labels;
	if (l)
		x->pool->free_labels = l->next;
	else
		l = xmalloc(sizeof(*l));
	l->name = l->failure = NULL;
	l->info_count = l->used = 0;
	t->label = l;
	return l;
}

const char *label_text(struct label *l, const char *text, size_t length)
{
	size_t room = sizeof(l->text) - l->used;
	char *copy = l->text + l->used;

	if (!room)
		return NULL;
	if (length > room - 1)
		length = room - 1;
	memcpy(copy, text, length);
	copy[length] = '\0';
	l->used += (uint32_t)length + 1;
	return copy;
}
