/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened on each connection, or in each thread, in equal slices of time. */
#include "analyzer/reports/lanes.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analyzer/util/alloc.h"

struct known_lane {
	struct lane lane;
	size_t room;
	bool used;         /* a connect, or a round trip */
	UT_hash_handle hh; /* by lane.key */
};

struct lanes {
	enum lane_kind kind;
	uint64_t from_ns, to_ns;
	size_t slices;
	struct known_lane *all;
};

enum part { PART_SENDING, PART_WAITING, PART_RECEIVING, PART_CONNECTING, PART_OPEN };

struct lanes *lanes_new(enum lane_kind kind, uint64_t from_ns, uint64_t to_ns, size_t slices)
{
	struct lanes *l = xcalloc(1, sizeof(*l));

	l->kind = kind;
	l->from_ns = from_ns;
	l->to_ns = to_ns > from_ns ? to_ns : from_ns + 1;
	l->slices = slices;
	return l;
}

void lanes_free(struct lanes *l)
{
	struct known_lane *k, *next;

	if (!l)
		return;
	HASH_ITER(hh, l->all, k, next)
	{
		HASH_DEL(l->all, k);
		free(k->lane.slices);
		free(k);
	}
	free(l);
}

static struct known_lane *find_lane(struct lanes *l, const void *key)
{
	struct known_lane *k;

	HASH_FIND_PTR(l->all, &key, k);
	if (!k) {
		k = xcalloc(1, sizeof(*k));
		k->lane.key = key;
		k->lane.first_ns = UNKNOWN;
		HASH_ADD_PTR(l->all, lane.key, k);
	}
	return k;
}

/* Makes the slices that are kept reach from first to end, which lie around those there are. */
static void keep(struct known_lane *k, size_t first, size_t end)
{
	struct lane *lane = &k->lane;
	size_t before = lane->first - first, after = end - (lane->first + lane->count);

	if (!before && !after)
		return;
	if (end - first > k->room) {
		k->room = 2 * (end - first);
		lane->slices = xreallocarray(lane->slices, k->room, sizeof(*lane->slices));
	}
	memmove(lane->slices + before, lane->slices, lane->count * sizeof(*lane->slices));
	memset(lane->slices, 0, before * sizeof(*lane->slices));
	memset(lane->slices + before + lane->count, 0, after * sizeof(*lane->slices));
	lane->first = first;
	lane->count = end - first;
}

/* The slice with this number, to be changed. */
static struct slice *slice_at(struct known_lane *k, size_t number)
{
	struct lane *lane = &k->lane;

	if (!lane->count)
		lane->first = number;
	size_t end = lane->first + lane->count;
	keep(k, number < lane->first ? number : lane->first, number < end ? end : number + 1);
	return &lane->slices[number - lane->first];
}

static uint64_t slice_start_ns(const struct lanes *l, size_t number)
{
	return l->from_ns +
	       (uint64_t)((unsigned __int128)(l->to_ns - l->from_ns) * number / l->slices);
}

static size_t slice_of(const struct lanes *l, uint64_t ns)
{
	size_t number = (size_t)((unsigned __int128)(ns - l->from_ns) * l->slices /
				 (l->to_ns - l->from_ns));
	return number < l->slices ? number : l->slices - 1;
}

static void add_part(struct slice *s, enum part part, float ns)
{
	switch (part) {
	case PART_SENDING:
		s->sending_ns += ns;
		break;
	case PART_WAITING:
		s->waiting_ns += ns;
		break;
	case PART_RECEIVING:
		s->receiving_ns += ns;
		break;
	case PART_CONNECTING:
		s->connecting = true;
		break;
	case PART_OPEN:
		s->open = true;
		break;
	}
}

/* Spreads a span over the slices that it touches. */
static void add_span(struct lanes *l, struct known_lane *k, enum part part, uint64_t start_ns,
		     uint64_t end_ns)
{
	if (end_ns < start_ns || end_ns < l->from_ns || start_ns >= l->to_ns)
		return;
	if (start_ns < l->from_ns)
		start_ns = l->from_ns;
	if (end_ns > l->to_ns)
		end_ns = l->to_ns;
	size_t last = slice_of(l, end_ns);
	for (size_t i = slice_of(l, start_ns); i <= last; i++) {
		uint64_t low = slice_start_ns(l, i), high = slice_start_ns(l, i + 1);
		low = low > start_ns ? low : start_ns;
		high = high < end_ns ? high : end_ns;
		add_part(slice_at(k, i), part, high > low ? (float)(high - low) : 0);
	}
}

static void note_first(struct lane *lane, uint64_t ns)
{
	if (ns < lane->first_ns)
		lane->first_ns = ns;
}

void lanes_add_trip(struct lanes *l, const struct round_trip *t, uint64_t end_ns)
{
	bool server = t->role == ROLE_SERVER;
	const void *key = l->kind == LANE_THREAD ? (const void *)t->thread : t->connection;
	uint64_t phases[] = { server ? t->receive_ns : t->send_ns, t->wait_ns,
			      server ? t->send_ns : t->receive_ns };
	enum part parts[] = { server ? PART_RECEIVING : PART_SENDING, PART_WAITING,
			      server ? PART_SENDING : PART_RECEIVING };
	uint64_t at_ns = t->start_ns;

	if (!key)
		return;
	struct known_lane *k = find_lane(l, key);
	k->lane.connection = l->kind == LANE_CONNECTION ? t->connection : NULL;
	k->lane.thread = t->thread;
	k->lane.round_trips++;
	k->used = true;
	note_first(&k->lane, t->start_ns);
	for (size_t i = 0; i < 3; i++) {
		/* From the first phase without a known end on, all that is known is that it was open. */
		bool known = phases[i] != UNKNOWN;
		uint64_t until_ns = known ? at_ns + phases[i] : end_ns;
		add_span(l, k, known ? parts[i] : PART_WAITING, at_ns, until_ns);
		k->lane.busy_ns += until_ns > at_ns ? until_ns - at_ns : 0;
		at_ns = until_ns;
		if (phases[i] == UNKNOWN)
			break;
	}
	if (t->start_ns >= l->from_ns && t->start_ns < l->to_ns)
		slice_at(k, slice_of(l, t->start_ns))->round_trips++;
	if (!round_trip_failed(t))
		return;
	k->lane.failed++;
	if (at_ns >= l->from_ns && at_ns < l->to_ns)
		slice_at(k, slice_of(l, at_ns))->failed++;
}

/* A connect or a handshake. */
static void add_connecting(struct lanes *l, struct known_lane *k, uint64_t start_ns,
			   uint64_t end_ns, bool failed)
{
	k->used = true;
	add_span(l, k, PART_CONNECTING, start_ns, end_ns);
	k->lane.failed += failed;
	if (failed && end_ns >= l->from_ns && end_ns < l->to_ns)
		slice_at(k, slice_of(l, end_ns))->failed++;
}

void lanes_add_connection(struct lanes *l, const struct connection *c, uint64_t end_ns)
{
	if (l->kind != LANE_CONNECTION)
		return;
	struct known_lane *k = find_lane(l, c);
	k->lane.connection = c;
	note_first(&k->lane, c->created_ns);
	add_span(l, k, PART_OPEN, c->created_ns, c->closed_ns != UNKNOWN ? c->closed_ns : end_ns);
	if (c->connect_started_ns != UNKNOWN)
		add_connecting(l, k, c->connect_started_ns,
			       c->connect_ended_ns != UNKNOWN ? c->connect_ended_ns : end_ns,
			       c->connect_error != 0);
	if (connection_shook_hands(c))
		add_connecting(l, k, c->tls->started_ns, c->tls->ended_ns, c->tls->error != 0);
}

static int busiest_first(const void *left, const void *right)
{
	const struct lane *a = *(struct lane *const *)left, *b = *(struct lane *const *)right;

	if (a->busy_ns != b->busy_ns)
		return a->busy_ns < b->busy_ns ? 1 : -1;
	if (a->failed != b->failed)
		return a->failed < b->failed ? 1 : -1;
	return a->first_ns < b->first_ns ? -1 : a->first_ns > b->first_ns;
}

static int earliest_first(const void *left, const void *right)
{
	const struct lane *a = *(struct lane *const *)left, *b = *(struct lane *const *)right;

	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return busiest_first(left, right);
}

struct lane **lanes_busiest(const struct lanes *l, size_t max, size_t *count, size_t *all)
{
	struct lane **array = xcalloc(HASH_COUNT(l->all) + 1, sizeof(struct lane *));
	struct known_lane *k, *next;

	*all = 0;
	HASH_ITER(hh, l->all, k, next)
	{
		/*
		 * What lies wholly outside of the time that is looked at is no lane, nor is
		 * what was only open.
		 */
		if (k->lane.count && k->used)
			array[(*all)++] = &k->lane;
	}
	qsort(array, *all, sizeof(*array), busiest_first);
	*count = *all < max ? *all : max;
	qsort(array, *count, sizeof(*array), earliest_first);
	return array;
}

struct slice lane_slice(const struct lane *lane, size_t number)
{
	if (number < lane->first || number - lane->first >= lane->count)
		return (struct slice){ 0 };
	return lane->slices[number - lane->first];
}
