/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts streams together from calls, as far as they were captured, and has them decoded. */
#include "analyzer/model/dialogue.h"

#include <string.h>

#include "analyzer/model/dialogue_state.h"
#include "analyzer/util/alloc.h"

/* A protocol that wants more at once gets no more than this: its headers are shorter. */
#define WAITING_BYTES_MAX 4096
#define SEGMENTS_MAX 16
/* Threads that send on one connection at the same time are few. */
#define EARLY_MAX 16

struct dialogue *dialogue_new(struct exchange *x, const struct protocol *protocol)
{
	struct dialogue *d = xcalloc(1, sizeof(*d) + protocol->state_bytes);

	d->x = x;
	d->protocol = protocol;
	d->client = x->stats.role == ROLE_SERVER ? DIRECTION_RECEIVED : DIRECTION_SENT;
	x->stats.protocol = protocol->name;
	for (enum direction i = DIRECTION_SENT; i <= DIRECTION_RECEIVED; i++)
		if (x->streams[i].end != UNKNOWN)
			dialogue_start_at(d, i, x->streams[i].end);
	return d;
}

void dialogue_start_at(struct dialogue *d, enum direction direction, uint64_t offset)
{
	d->halves[direction].at = offset;
	d->halves[direction].begun = true;
}

void dialogue_start_amid(struct dialogue *d, enum direction direction)
{
	d->halves[direction].lost = true;
}

void dialogue_free(struct dialogue *d)
{
	if (!d)
		return;
	if (d->protocol->free)
		d->protocol->free(d->state);
	for (int i = 0; i < 2; i++) {
		free(d->halves[i].bytes);
		free(d->halves[i].segments);
		while (d->halves[i].early) {
			struct early *e = d->halves[i].early;

			d->halves[i].early = e->next;
			free(e);
		}
	}
	free(d);
}

const struct protocol *dialogue_protocol(const struct dialogue *d)
{
	return d->protocol;
}

bool dialogue_outcome(const struct dialogue *d, const struct protocol **next)
{
	*next = d->next;
	return !d->doubted;
}

bool dialogue_is_short(const struct dialogue *d, const struct trip *t)
{
	const struct half *h = &d->halves[trip_response(t)];

	return h->trip == t && h->part == PART_RESPONSE && !h->lost && !h->open_ended;
}

bool dialogue_holds(const struct dialogue *d, enum direction direction)
{
	return d->halves[direction].count > 0;
}

void dialogue_drop(struct dialogue *d, const struct trip *t)
{
	for (int i = 0; i < 2; i++) {
		struct half *h = &d->halves[i];

		if (h->many == t)
			h->many = NULL;
		if (h->trip == t) {
			half_tell_message(d, (enum direction)i);
			h->trip = NULL;
			h->part = PART_NONE;
			h->done = false;
		}
	}
}

static enum message_kind kind_of(const struct half *h)
{
	static const enum message_kind kinds[] = {
		[PART_NONE] = MESSAGE_ASIDE,
		[PART_REQUEST] = MESSAGE_REQUEST,
		[PART_RESPONSE] = MESSAGE_ANSWER,
		[PART_INTERIM] = MESSAGE_INTERIM,
	};

	return h->lost ? MESSAGE_UNKNOWN : kinds[h->part];
}

static void tell_message(struct dialogue *d, enum direction direction)
{
	struct half *h = &d->halves[direction];
	const struct label *label = h->trip ? h->trip->label : NULL;
	struct message m = {
		.connection = d->x->connection,
		.kind = kind_of(h),
		.sent = direction == DIRECTION_SENT,
		.offset = h->at - h->message_bytes,
		.bytes = h->message_bytes,
		.start_ns = h->message_ns,
		.protocol = d->protocol->name,
		.name = label ? label->name : NULL,
	};

	d->x->pool->message_listener(d->x->pool->user, &m);
}

void half_tell_message(struct dialogue *d, enum direction direction)
{
	struct half *h = &d->halves[direction];

	if (h->message_bytes && d->x->pool->message_listener)
		tell_message(d, direction);
	h->message_bytes = 0;
}

/* Giving bytes to round trips */

static void complete(struct dialogue *d, enum direction direction)
{
	struct half *h = &d->halves[direction];
	struct trip *t = h->trip;
	enum part part = h->part;

	half_tell_message(d, direction);
	h->done = false;
	h->trip = NULL;
	h->part = PART_NONE;
	if (!t || t->ended)
		return;
	if (part == PART_REQUEST)
		trips_end(d->x, t, STATUS_ONE_WAY, 0);
	else
		trips_end(d->x, t, t->failed ? STATUS_FAILED : STATUS_OK, 0);
	if (t->many) {
		struct half *asking = &d->halves[t->request];

		asking->hides = true;
		asking->hidden = *t;
		asking->many = NULL;
	}
}

/* Bytes of the current event, all in one message. */
static void give_current(struct dialogue *d, enum direction direction, uint64_t bytes)
{
	struct half *h = &d->halves[direction];
	struct piece p = { .direction = direction, .offset = h->at, .bytes = bytes };
	struct trip *t = h->trip;

	if (!t || t->ended) {
		d->x->stats.unsolicited_bytes += bytes;
	} else if (h->part == PART_INTERIM) {
		trips_add_interim(d->x, t, &p);
	} else {
		t->answered |= h->part == PART_RESPONSE;
		trips_add(d->x, t, &p);
	}
	if (!h->message_bytes)
		h->message_ns = d->x->pool->current.event->start_ns;
	h->message_bytes += bytes;
	h->at += bytes;
}

static void drop_segment(struct half *h)
{
	h->segment_count--;
	memmove(h->segments, h->segments + 1, h->segment_count * sizeof(*h->segments));
}

/* The next bytes, of whatever calls brought them. */
static void give(struct dialogue *d, enum direction direction, uint64_t bytes)
{
	struct half *h = &d->halves[direction];
	struct current *now = &d->x->pool->current;

	h->moved |= bytes > 0;
	while (bytes && h->segment_count) {
		struct segment *s = &h->segments[0];
		uint64_t part = s->end - h->at < bytes ? s->end - h->at : bytes;
		struct current saved = *now;

		*now = s->now;
		now->event = &s->event;
		give_current(d, direction, part);
		*now = saved;
		bytes -= part;
		if (h->at == s->end)
			drop_segment(h);
	}
	if (bytes)
		give_current(d, direction, bytes);
}

/* Bytes that are not there, of calls that were lost: nobody's, but they lie behind us. */
static void pass(struct dialogue *d, enum direction direction, uint64_t bytes)
{
	half_tell_message(d, direction);
	d->halves[direction].at += bytes;
}

static void skip(struct dialogue *d, enum direction direction, uint64_t bytes, bool seen)
{
	struct half *h = &d->halves[direction];

	if (h->skip != UINT64_MAX)
		h->skip -= bytes;
	if (seen)
		give(d, direction, bytes);
	else
		pass(d, direction, bytes);
	if (h->done && !h->skip)
		complete(d, direction);
}

/* Taking bytes */

/* Has as many of the bytes taken as can be, and returns of how many that was so. */
static size_t take(struct dialogue *d, enum direction direction, const uint8_t *bytes, size_t count,
		   bool cut)
{
	struct half *h = &d->halves[direction];
	enum side side = direction_side(d, direction);
	size_t used = 0;

	while (used < count && !d->over) {
		struct bytes b = { bytes + used, count - used, cut };
		size_t part;

		if (h->skip || h->lost) {
			part = h->lost || h->skip > b.count ? b.count : (size_t)h->skip;
			if (h->lost)
				give(d, direction, part);
			else
				skip(d, direction, part, true);
			used += part;
			continue;
		}
		part = d->protocol->take(d->state, d, side, &b);
		give(d, direction, part);
		used += part;
		if (h->done && !h->skip)
			complete(d, direction);
		if (!part && !h->skip && !h->lost)
			break;
	}
	return used;
}

static void keep_segment(struct dialogue *d, struct half *h)
{
	const struct current *now = &d->x->pool->current;
	struct segment *s;

	if (h->segment_count == SEGMENTS_MAX) {
		s = &h->segments[SEGMENTS_MAX - 1]; /* the first and last ones tell the times */
	} else {
		h->segments = xgrow(h->segments, h->segment_count, &h->segment_room,
				    sizeof(*h->segments));
		s = &h->segments[h->segment_count++];
	}
	s->event = *now->event;
	s->now = *now;
	s->end = h->at + h->count;
}

static void keep(struct dialogue *d, struct half *h, const uint8_t *bytes, size_t count)
{
	while (h->room < h->count + count)
		h->bytes = xgrow(h->bytes, h->room, &h->room, 1);
	memcpy(h->bytes + h->count, bytes, count);
	h->count += count;
	keep_segment(d, h);
}

/* Has what waits taken; cut: nothing follows it. */
static void take_waiting(struct dialogue *d, enum direction direction, bool cut)
{
	struct half *h = &d->halves[direction];
	size_t used = take(d, direction, h->bytes, h->count, cut);

	h->count -= used;
	memmove(h->bytes, h->bytes + used, h->count);
}

/* What waits is understood by nobody: it is given as it is. */
static void give_waiting(struct dialogue *d, enum direction direction)
{
	struct half *h = &d->halves[direction];

	give(d, direction, h->count);
	h->count = 0;
	h->segment_count = 0;
}

static void take_captured(struct dialogue *d, enum direction direction, const uint8_t *bytes,
			  size_t count)
{
	struct half *h = &d->halves[direction];

	if (!h->count) {
		size_t used = take(d, direction, bytes, count, false);

		bytes += used;
		count -= used;
	}
	if (!count || d->over)
		return;
	keep(d, h, bytes, count);
	take_waiting(d, direction, h->count > WAITING_BYTES_MAX);
	if (h->count > WAITING_BYTES_MAX && !d->over) {
		half_lose_step(d, direction, true);
		give_waiting(d, direction);
	}
}

/* Bytes that were not captured; seen: the call that moved them is the current one. */
static void take_hole(struct dialogue *d, enum direction direction, uint64_t bytes, bool seen)
{
	struct half *h = &d->halves[direction];
	uint64_t part;

	if (!bytes || d->over)
		return;
	if (h->count)
		take_waiting(d, direction, true);
	if (d->over)
		return;
	if (h->count) {
		half_lose_step(d, direction, true);
		give_waiting(d, direction);
	}
	part = h->skip < bytes ? h->skip : bytes;
	if (part)
		skip(d, direction, part, seen);
	bytes -= part;
	if (!bytes)
		return;
	half_lose_step(d, direction, seen);
	if (seen)
		give(d, direction, bytes);
	else
		pass(d, direction, bytes);
}

/* A datagram is a message, whatever of it was captured. */
static void take_datagram(struct dialogue *d, const struct piece *p)
{
	struct bytes b = { p->head, p->head_bytes, true };
	struct half *h = &d->halves[p->direction];

	h->at = p->offset;
	d->protocol->take(d->state, d, direction_side(d, p->direction), &b);
	h->skip = 0;
	if (d->over)
		return;
	give(d, p->direction, p->bytes);
	if (h->done)
		complete(d, p->direction);
	half_tell_message(d, p->direction);
	h->trip = NULL;
	h->part = PART_NONE;
}

/* Cuts what was taken off the piece. */
static void cut_piece(struct piece *p, uint64_t at)
{
	uint64_t done = at > p->offset ? at - p->offset : 0;
	uint64_t of_head = done < p->head_bytes ? done : p->head_bytes;

	if (done > p->bytes - p->tail_bytes) /* rare: the last bytes are not looked at again */
		p->tail_bytes = 0;
	p->head += of_head;
	p->head_bytes = (uint16_t)(p->head_bytes - of_head);
	p->offset += done;
	p->bytes -= done;
}

static void take_piece(struct dialogue *d, const struct piece *p)
{
	half_find_step(d, p);
	take_captured(d, p->direction, p->head, p->head_bytes);
	take_hole(d, p->direction, p->bytes - p->head_bytes - p->tail_bytes, true);
	if (p->tail_bytes && !d->over)
		take_captured(d, p->direction, p->tail, p->tail_bytes);
	if (!d->over)
		half_find_end(d, p);
}

/* With whatever is missing before it. */
static void take_next(struct dialogue *d, struct piece *p)
{
	struct half *h = &d->halves[p->direction];
	uint64_t known = h->at + h->count;

	if (p->offset > known)
		take_hole(d, p->direction, p->offset - known, false);
	else
		cut_piece(p, known);
	if (!d->over)
		take_piece(d, p);
	if (d->over)
		cut_piece(p, h->at);
	d->last = p->direction;
}

static void keep_early(struct dialogue *d, const struct piece *p)
{
	const struct current *now = &d->x->pool->current;
	struct half *h = &d->halves[p->direction];
	struct early *e = xmalloc(sizeof(*e) + p->head_bytes + p->tail_bytes), **link = &h->early;

	e->piece = *p;
	e->event = *now->event;
	e->now = *now;
	e->piece.head = e->payload;
	e->piece.tail = e->payload + p->head_bytes;
	if (p->head_bytes)
		memcpy(e->payload, p->head, p->head_bytes);
	if (p->tail_bytes)
		memcpy(e->payload + p->head_bytes, p->tail, p->tail_bytes);
	while (*link && (*link)->piece.offset < p->offset)
		link = &(*link)->next;
	e->next = *link;
	*link = e;
	h->early_count++;
}

/* Those whose turn it is; all: whatever is missing before them. */
static void take_early(struct dialogue *d, enum direction direction, bool all)
{
	struct half *h = &d->halves[direction];
	struct current *now = &d->x->pool->current, saved = *now;

	while (h->early && !d->over && (all || h->early->piece.offset <= h->at + h->count)) {
		struct early *e = h->early;

		h->early = e->next;
		h->early_count--;
		*now = e->now;
		now->event = &e->event;
		take_next(d, &e->piece);
		free(e);
	}
	*now = saved;
}

/* A gap is but a call of another thread that is still to come, unless calls were lost. */
static bool is_early(const struct dialogue *d, const struct piece *p)
{
	const struct half *h = &d->halves[p->direction];

	return p->offset > h->at + h->count && h->early_count < EARLY_MAX &&
	       !may_have_lost(d->x->connection->process);
}

void dialogue_finish(struct dialogue *d)
{
	take_early(d, DIRECTION_SENT, true);
	take_early(d, DIRECTION_RECEIVED, true);
	half_tell_message(d, DIRECTION_SENT);
	half_tell_message(d, DIRECTION_RECEIVED);
}

bool dialogue_take(struct dialogue *d, struct piece *p)
{
	struct half *h = &d->halves[p->direction];

	if (!h->begun)
		h->at = p->offset;
	h->begun = true;
	if (d->x->connection->datagram) {
		take_datagram(d, p);
		return !d->over;
	}
	if (is_early(d, p)) {
		keep_early(d, p);
		return true;
	}
	take_next(d, p);
	if (h->early)
		take_early(d, p->direction, h->early_count == EARLY_MAX);
	return !d->over;
}
