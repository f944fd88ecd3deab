/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds of a direction that is out of step, and how it gets back into it. */
#include "analyzer/model/dialogue_state.h"

/* Nothing else begins so: even in the middle of a turn it is a message's start. */
#define SCORE_CERTAIN 95

/* What was open when calls were lost: whose answers are missing is not known. */
static void give_up(struct dialogue *d, enum direction lost)
{
	struct half *asking = &d->halves[direction_back(lost)];

	for (struct trip *t = trips_oldest(d->x, direction_back(lost)), *next; t; t = next) {
		next = trips_after(t);
		trips_end(d->x, t, t->answered ? STATUS_OK : STATUS_PENDING, 0);
	}
	d->halves[lost].suspect = true;
	asking->moved = false;
}

/*
 * A request in whose bytes there was a hole may hide others.  One that begins in
 * it is begun here; a response that does is that to the oldest request.
 */
static void belong(struct dialogue *d, enum direction direction)
{
	struct half *h = &d->halves[direction];

	if (!h->trip || h->trip->ended)
		h->part = PART_NONE;
	if (h->part == PART_NONE && direction == d->client) {
		h->trip = trips_begin(d->x, direction);
		h->part = PART_REQUEST;
	} else if (h->part == PART_NONE) {
		h->trip = trips_oldest(d->x, direction_back(direction));
		h->part = h->trip ? PART_RESPONSE : PART_NONE;
	}
	if (h->part == PART_REQUEST && h->trip) {
		h->trip->many = true;
		h->many = h->trip;
	}
}

void half_lose(struct dialogue *d, enum direction direction, bool seen)
{
	struct half *h = &d->halves[direction];

	half_tell_message(d, direction);
	d->x->stats.desyncs++;
	h->lost = true;
	h->moved = false;
	h->done = false;
	h->skip = 0;
	if (!seen)
		give_up(d, direction);
	else if (!d->by_id)
		belong(d, direction);
}

/* Of one behind whose response, as far as there was one, a loss lies. */
static enum status trip_done_status(const struct trip *t, bool answered)
{
	return t->failed ? STATUS_FAILED : answered || t->answered ? STATUS_OK : STATUS_PENDING;
}

void half_end_lost(struct dialogue *d, enum direction responses)
{
	struct half *h = &d->halves[responses];
	struct trip *first = trips_oldest(d->x, direction_back(responses));
	bool several = first && trips_after(first);

	for (struct trip *t = first, *next; t; t = next) {
		next = trips_after(t);
		t->uncertain |= several;
		trips_end(d->x, t, trip_done_status(t, several), 0);
	}
	h->trip = NULL;
	h->part = PART_NONE;
	h->moved = false;
}

void half_lose_step(struct dialogue *d, enum direction direction, bool seen)
{
	if (d->halves[direction].lost)
		return;
	d->protocol->lose(d->state, direction_side(d, direction));
	half_lose(d, direction, seen);
}

/* Whether a direction that was out of step has a message start with the piece. */
static bool starts(const struct dialogue *d, const struct piece *p)
{
	struct bytes b = { p->head, p->head_bytes, p->head_bytes < p->bytes };
	bool new_turn = p->direction == DIRECTION_SENT || d->last != p->direction;

	return d->protocol->score(direction_side(d, p->direction), &b) >=
	       (new_turn ? SCORE_START : SCORE_CERTAIN);
}

void half_find_step(struct dialogue *d, const struct piece *p)
{
	struct half *h = &d->halves[p->direction];

	if (!h->lost || !starts(d, p))
		return;
	half_tell_message(d, p->direction);
	h->lost = false;
	if (h->part == PART_RESPONSE && d->protocol->many_messages)
		return; /* it goes on, for all that is known */
	if (h->part == PART_RESPONSE && h->moved)
		half_end_lost(d, p->direction);
	h->trip = NULL;
	h->part = PART_NONE;
}

/* The last bytes of a call may tell that the responses are complete with them. */
void half_find_end(struct dialogue *d, const struct piece *p)
{
	struct half *h = &d->halves[p->direction];
	bool whole = p->head_bytes == p->bytes;
	struct bytes tail = { whole ? p->head : p->tail, whole ? p->head_bytes : p->tail_bytes,
			      true };

	if (!h->lost || !d->protocol->ends || !tail.count ||
	    !d->protocol->ends(d->state, direction_side(d, p->direction), &tail))
		return;
	half_tell_message(d, p->direction);
	h->lost = false;
	if (h->part == PART_RESPONSE)
		half_end_lost(d, p->direction);
}
