/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carries out what a protocol says about the bytes it takes; see protocols/protocol.h. */
#include <string.h>

#include "analyzer/model/dialogue_state.h"

static struct half *half_of(struct dialogue *d, enum side from)
{
	return &d->halves[side_direction(d, from)];
}

static void belong(struct dialogue *d, enum side from, struct trip *t, enum part part)
{
	struct half *h = half_of(d, from);

	half_tell_message(d, side_direction(d, from));
	h->trip = t;
	h->part = t ? part : PART_NONE;
	h->done = false;
	h->open_ended = false;
}

/* With the call that brought the first of the bytes that are being taken. */
static struct trip *begin(struct dialogue *d, enum direction direction)
{
	const struct half *h = &d->halves[direction];
	struct current *now = &d->x->pool->current, saved = *now;
	struct trip *t;

	if (!h->segment_count)
		return trips_begin(d->x, direction);
	*now = h->segments[0].now;
	now->event = &h->segments[0].event;
	t = trips_begin(d->x, direction);
	*now = saved;
	return t;
}

/*
 * While it is not known how many requests were sent before, which answer is this one's
 * is not known either: until the other side has said something, and all are answered.
 */
static bool is_uncertain(struct dialogue *d, enum direction direction)
{
	struct half *h = &d->halves[direction];
	const struct half *back = &d->halves[direction_back(direction)];

	if (h->many && !h->many->ended && !h->many->answered)
		return true;
	h->many = NULL;
	if (h->suspect && (!back->moved || trips_oldest(d->x, direction)))
		return true;
	h->suspect = false;
	h->hides = false;
	return false;
}

static struct trip *ask(struct dialogue *d, enum side from)
{
	enum direction direction = side_direction(d, from);
	struct half *back = &d->halves[direction_back(direction)];
	struct trip *t;
	bool uncertain;

	if (back->lost && back->moved)
		half_end_lost(d, direction_back(direction));
	uncertain = is_uncertain(d, direction);
	back->moved = false;
	t = begin(d, direction);
	t->uncertain = uncertain;
	belong(d, from, t, PART_REQUEST);
	return t;
}

void dialogue_ask(struct dialogue *d, enum side from)
{
	ask(d, from);
}

void dialogue_ask_id(struct dialogue *d, enum side from, uint64_t id)
{
	struct trip *t = ask(d, from);

	d->by_id = true;
	t->uncertain = false;
	trips_set_id(d->x, t, id);
}

/* The oldest request; if requests were hidden and that seems to be one, another such. */
static struct trip *next_answered(struct dialogue *d, enum direction request)
{
	struct half *asking = &d->halves[request];
	struct trip *t = trips_oldest(d->x, request);

	if (t || !asking->hides)
		return t;
	d->x->stats.hidden++;
	return trips_repeat(d->x, &asking->hidden);
}

bool dialogue_answer(struct dialogue *d, enum side from)
{
	struct trip *t = next_answered(d, direction_back(side_direction(d, from)));

	belong(d, from, t, PART_RESPONSE);
	return t != NULL;
}

bool dialogue_answer_id(struct dialogue *d, enum side from, uint64_t id)
{
	struct trip *t = trips_find(d->x, direction_back(side_direction(d, from)), id);

	belong(d, from, t, PART_RESPONSE);
	return t != NULL;
}

bool dialogue_interim(struct dialogue *d, enum side from)
{
	struct trip *t = trips_oldest(d->x, direction_back(side_direction(d, from)));

	belong(d, from, t, PART_INTERIM);
	return t != NULL;
}

void dialogue_aside(struct dialogue *d, enum side from)
{
	belong(d, from, NULL, PART_NONE);
}

void dialogue_skip(struct dialogue *d, enum side from, uint64_t bytes)
{
	half_of(d, from)->skip = bytes;
}

void dialogue_skip_all(struct dialogue *d, enum side from)
{
	half_of(d, from)->skip = UINT64_MAX;
	half_of(d, from)->open_ended = true;
}

void dialogue_done(struct dialogue *d, enum side from)
{
	half_of(d, from)->done = true;
}

void dialogue_lose(struct dialogue *d, enum side from)
{
	half_lose(d, side_direction(d, from), true);
}

/* What is said of a round trip whose answer is not certain may be another's. */
static struct trip *spoken_of(struct dialogue *d, enum side from)
{
	struct trip *t = half_of(d, from)->trip;

	return t && !t->uncertain ? t : NULL;
}

void dialogue_name(struct dialogue *d, enum side from, const char *text, size_t length)
{
	struct trip *t = spoken_of(d, from);
	struct label *l;

	if (!t)
		return;
	l = trips_label(d->x, t);
	l->name = label_text(l, text, length);
}

/* One word, of the characters that codes and class names are made of. */
void dialogue_fail(struct dialogue *d, enum side from, const char *text, size_t length)
{
	struct trip *t = spoken_of(d, from);
	char word[64];
	struct label *l;

	if (!t)
		return;
	l = trips_label(d->x, t);
	if (l->failure)
		return;
	length = length < sizeof(word) ? length : sizeof(word);
	for (size_t i = 0; i < length; i++)
		word[i] = text[i] > ' ' && text[i] < 0x7f ? text[i] : '?';
	l->failure = label_text(l, word, length);
	t->failed = l->failure != NULL;
}

/* The one with that key, a new one if there is room; NULL without. */
static struct protocol_info *info(struct label *l, const char *key)
{
	for (uint32_t i = 0; i < l->info_count; i++)
		if (strcmp(l->info[i].key, key) == 0)
			return &l->info[i];
	if (l->info_count == PROTOCOL_INFO_MAX)
		return NULL;
	l->info[l->info_count] = (struct protocol_info){ .key = key };
	return &l->info[l->info_count++];
}

void dialogue_text(struct dialogue *d, enum side from, const char *key, const char *text,
		   size_t length)
{
	struct trip *t = spoken_of(d, from);
	struct label *l = t ? trips_label(d->x, t) : NULL;
	const char *copy = l ? label_text(l, text, length) : NULL;
	struct protocol_info *i = copy ? info(l, key) : NULL;

	if (i)
		i->text = copy;
}

void dialogue_number(struct dialogue *d, enum side from, const char *key, uint64_t value)
{
	struct trip *t = spoken_of(d, from);
	struct protocol_info *i = t ? info(trips_label(d->x, t), key) : NULL;

	if (i)
		i->number = value;
}

void dialogue_waits(struct dialogue *d, enum side from)
{
	struct trip *t = spoken_of(d, from);

	if (t)
		t->waits = true;
}

void dialogue_set_note(struct dialogue *d, enum side from, uint64_t note)
{
	struct trip *t = half_of(d, from)->trip;

	if (t)
		t->note = note;
}

uint64_t dialogue_note(const struct dialogue *d, enum side from)
{
	const struct trip *t = d->halves[side_direction(d, from)].trip;

	return t ? t->note : 0;
}

bool dialogue_raw_names(const struct dialogue *d)
{
	return d->x->pool->raw_names;
}

void dialogue_forget(struct dialogue *d)
{
	d->x->stats.forgotten++;
}

void dialogue_switch(struct dialogue *d, const struct protocol *to)
{
	d->over = true;
	d->next = to;
}

void dialogue_doubt(struct dialogue *d)
{
	d->over = true;
	d->doubted = true;
	d->x->stats.doubted = true;
	d->x->stats.doubted_at = d->halves[d->client].at;
}
