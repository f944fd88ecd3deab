/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds back the first calls of a connection, and judges what both sides said. */
#include "analyzer/model/sniff.h"

#include <string.h>

#include "analyzer/model/dialogue.h"
#include "analyzer/model/trips.h"
#include "analyzer/model/wire.h"
#include "analyzer/util/alloc.h"

/* Enough to tell; what is beyond is not looked at. */
#define TURN_BYTES 1024
/* A turn may come in many calls: byte by byte, for a header. */
#define HELD_CALLS_MAX 64
/* Turns of both sides; if they do not tell, the rest will not either. */
#define ROUNDS_MAX 5

/* Scores of one side, and sums of both, that are believed; see struct protocol. */
#define SCORE_ALONE 95
#define SCORE_BOTH 150
#define SCORE_AT_END 75
#define SCORE_PORT 5

struct held {
	struct held *next;
	struct event event;
	uint64_t waited_ns, call;
	uint8_t payload[];
};

struct sniff {
	struct held *first, **end;
	unsigned int held, rounds;
	enum direction last;
	struct {
		bool spoke, cut;
		uint64_t next; /* offset of the byte that follows the bytes */
		size_t count;
		uint8_t bytes[TURN_BYTES];
	} turns[2]; /* by enum direction: what was said first */
};

struct sniff *sniff_new(void)
{
	struct sniff *s = xcalloc(1, sizeof(*s));

	s->end = &s->first;
	return s;
}

void sniff_free(struct sniff *s)
{
	if (!s)
		return;
	while (s->first) {
		struct held *h = s->first;

		s->first = h->next;
		free(h);
	}
	free(s);
}

static void hold(struct sniff *s, const struct event *e, uint64_t waited_ns, uint64_t call)
{
	struct held *h = xmalloc(sizeof(*h) + e->head_bytes + e->tail_bytes);

	h->next = NULL;
	h->event = *e;
	h->waited_ns = waited_ns;
	h->call = call;
	h->event.head = h->payload;
	h->event.tail = h->payload + e->head_bytes;
	if (e->head_bytes)
		memcpy(h->payload, e->head, e->head_bytes);
	if (e->tail_bytes)
		memcpy(h->payload + e->head_bytes, e->tail, e->tail_bytes);
	*s->end = h;
	s->end = &h->next;
	s->held++;
}

/* Takes in what was held.  The list is taken off first: that may begin a new search. */
static void release(struct exchange *x, struct sniff *s)
{
	struct held *h = s->first, *next;

	s->first = NULL;
	s->end = &s->first;
	s->held = 0;
	memset(s->turns, 0, sizeof(s->turns));
	for (; h; h = next) {
		next = h->next;
		exchange_take(x, &h->event, h->waited_ns, h->call);
		free(h);
	}
}

static int score(const struct sniff *s, const struct protocol *p, enum direction d, enum side from)
{
	struct bytes b = { s->turns[d].bytes, s->turns[d].count, s->turns[d].cut };

	return b.count ? p->score(from, &b) : 0;
}

static bool at_port(const struct exchange *x, const struct protocol *p, bool client)
{
	const struct connection *c = x->connection;
	struct internet_end end;

	return p->port && address_internet_end(client ? &c->remote : &c->local, &end) &&
	       end.port == p->port;
}

struct verdict {
	const struct protocol *protocol;
	bool client; /* this process is */
	int alone, both;
};

/* Judges by both sides' words, if this process is the client, or the server. */
static void judge(const struct exchange *x, const struct protocol *p, bool client,
		  struct verdict *best)
{
	const struct sniff *s = x->sniff;
	int sent = score(s, p, DIRECTION_SENT, client ? CLIENT : SERVER);
	int received = score(s, p, DIRECTION_RECEIVED, client ? SERVER : CLIENT);
	int both = sent + received + (sent + received && at_port(x, p, client) ? SCORE_PORT : 0);

	if (both <= best->both)
		return;
	*best = (struct verdict){ p, client, sent > received ? sent : received, both };
}

static struct verdict find(const struct exchange *x)
{
	bool datagrams = x->connection->datagram;
	struct verdict best = { 0 };

	for (const struct protocol *const *p = protocols; *p; p++) {
		if (!(datagrams ? (*p)->datagrams : (*p)->streams))
			continue;
		if (x->stats.role != ROLE_SERVER)
			judge(x, *p, true, &best);
		if (x->stats.role != ROLE_CLIENT)
			judge(x, *p, false, &best);
	}
	return best;
}

/* Whether what a side said before the other one spoke is from the middle of something. */
static bool is_amid(const struct sniff *s, const struct verdict *v, enum direction d)
{
	enum side side = v->client == (d == DIRECTION_SENT) ? CLIENT : SERVER;

	return s->turns[d].spoke && s->last != d && !score(s, v->protocol, d, side);
}

/* From the first call that was held on, its protocol decodes it. */
static void accept(struct exchange *x, const struct verdict *v)
{
	struct sniff *s = x->sniff;
	bool amid[2] = { is_amid(s, v, DIRECTION_SENT), is_amid(s, v, DIRECTION_RECEIVED) };

	if (x->stats.role == ROLE_UNKNOWN)
		x->stats.role = v->client ? ROLE_CLIENT : ROLE_SERVER;
	if (x->turn && !x->turn->ended)
		trips_end(x, x->turn, x->turn->answered ? STATUS_OK : STATUS_PENDING, 0);
	x->turn = NULL;
	x->sniff = NULL;
	x->dialogue = dialogue_new(x, v->protocol);
	for (enum direction d = DIRECTION_SENT; d <= DIRECTION_RECEIVED; d++)
		if (amid[d])
			dialogue_start_amid(x->dialogue, d);
	release(x, s);
	sniff_free(s);
}

static void give_up(struct exchange *x)
{
	struct sniff *s = x->sniff;

	x->sniff = NULL;
	release(x, s);
	sniff_free(s);
}

void sniff_end(struct exchange *x)
{
	struct verdict best;

	if (!x->sniff)
		return;
	best = find(x);
	if (best.both >= SCORE_AT_END)
		accept(x, &best);
	else
		release(x, x->sniff);
}

static void listen(struct sniff *s, const struct event *e)
{
	enum direction d = event_direction(e);
	uint64_t room = TURN_BYTES - s->turns[d].count;
	uint64_t captured = e->head_bytes < room ? e->head_bytes : room;

	if (!s->turns[d].spoke)
		s->turns[d].next = e->offset;
	s->turns[d].spoke = true;
	s->turns[d].cut |= e->offset != s->turns[d].next;
	s->last = d;
	if (!s->turns[d].cut && captured) {
		memcpy(s->turns[d].bytes + s->turns[d].count, e->head, captured);
		s->turns[d].count += captured;
	}
	s->turns[d].next = e->offset + event_bytes(e);
	s->turns[d].cut |= captured < event_bytes(e);
}

/* A turn that begins when both sides have had theirs: they did not tell. */
static bool begins_round(const struct sniff *s, const struct event *e)
{
	enum direction d = event_direction(e);

	return s->turns[d].spoke && s->last != d;
}

/* Whether it carries what the two sides say to each other. */
static bool speaks(const struct exchange *x, const struct event *e)
{
	if (x->connection->datagram && (event_sends(e) || event_receives(e)))
		return e->result >= 0 && !e->peek;
	return event_bytes(e) > 0 && !wire_has(x->wire, e);
}

/* Whether round trips may end by it. */
static bool ends(const struct event *e)
{
	if (e->kind == CALL_CLOSE || e->kind == CALL_SHUTDOWN)
		return true;
	return event_receives(e) && e->result == 0;
}

static void hear(struct exchange *x, const struct event *e)
{
	struct verdict best;

	listen(x->sniff, e);
	best = find(x);
	if (best.alone >= SCORE_ALONE || best.both >= SCORE_BOTH)
		accept(x, &best);
	else if (x->sniff->held == HELD_CALLS_MAX)
		give_up(x);
}

bool sniff_holds(struct exchange *x, const struct event *e, uint64_t waited_ns, uint64_t call)
{
	struct sniff *s = x->sniff;

	if (!speaks(x, e)) {
		if (!s->held)
			return false;
		if (ends(e)) {
			sniff_end(x);
			return false;
		}
		hold(s, e, waited_ns, call);
		return true;
	}
	if (begins_round(s, e)) {
		release(x, s);
		if (++s->rounds == ROUNDS_MAX) {
			give_up(x);
			return false;
		}
	}
	hold(s, e, waited_ns, call);
	hear(x, e);
	return true;
}
