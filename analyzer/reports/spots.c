/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions, source lines or modules, with the round trips they have to do with. */
#include "analyzer/reports/spots.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/util/hash.h"

struct entry {
	const struct frame *group; /* the key */
	struct spot spot;
	UT_hash_handle hh;
};

struct spots {
	enum frame_grouping grouping;
	struct entry *entries;
	struct spot **list;
	size_t count, room;
	struct figures total;
	const struct spot *merged; /* whose latencies these are; NULL: nobody's */
	struct latency *latency;
};

/* Stands for the caller of round trips whose stack is not known. */
static const struct frame unknown_frame = { .name = "(stack not known)" };

static struct spot *spot_of(struct spots *s, const struct frame *frame)
{
	const struct frame *group = frame_group(frame, s->grouping);
	/* A module has no line, even if all went through one. */
	const struct frame *shown = s->grouping == GROUP_MODULE ? group : frame;
	struct entry *e;

	HASH_FIND_PTR(s->entries, &group, e);
	if (!e) {
		e = xcalloc(1, sizeof(*e));
		e->group = group;
		e->spot.frame = shown;
		e->spot.number = s->count;
		HASH_ADD_PTR(s->entries, group, e);
		s->list = xgrow(s->list, s->count, &s->room, sizeof(*s->list));
		s->list[s->count++] = &e->spot;
	}
	if (e->spot.frame != shown)
		e->spot.frame = group;
	return &e->spot;
}

/* Recursion: a spot that has the stack already does not count it again. */
static void add_to(struct spot *spot, const struct profile_stack *s, const struct figures *figures)
{
	if (spot->stack_count && spot->stacks[spot->stack_count - 1] == s)
		return;
	spot->stacks = xgrow(spot->stacks, spot->stack_count, &spot->room, sizeof(*spot->stacks));
	spot->stacks[spot->stack_count++] = s;
	figures_add(&spot->all, figures);
}

static void add_stack(struct spots *spots, const struct profile_stack *s)
{
	struct figures figures = profile_figures(s);
	struct spot *self = spot_of(spots, s->count ? s->frames[s->count - 1] : &unknown_frame);

	figures_add(&self->self, &figures);
	add_to(self, s, &figures);
	for (size_t i = 0; i < s->count; i++)
		add_to(spot_of(spots, s->frames[i]), s, &figures);
	figures_add(&spots->total, &figures);
}

struct spots *spots_new(struct profile_stack *const *stacks, size_t count,
			enum frame_grouping grouping)
{
	struct spots *s = xcalloc(1, sizeof(*s));

	s->grouping = grouping;
	for (size_t i = 0; i < count; i++)
		add_stack(s, stacks[i]);
	return s;
}

void spots_free(struct spots *s)
{
	struct entry *e, *next;

	if (!s)
		return;
	HASH_ITER(hh, s->entries, e, next)
	{
		HASH_DEL(s->entries, e);
		free(e->spot.stacks);
		free(e);
	}
	latency_free(s->latency);
	free(s->list);
	free(s);
}

struct spot *const *spots_list(const struct spots *s, size_t *count)
{
	*count = s->count;
	return s->list;
}

const struct figures *spots_total(const struct spots *s)
{
	return &s->total;
}

/* As the functions from main() to where a program branches are. */
static bool same_stacks(const struct spot *a, const struct spot *b)
{
	return a->stack_count == b->stack_count &&
	       memcmp(a->stacks, b->stacks, a->stack_count * sizeof(*a->stacks)) == 0;
}

struct latency *spots_latency(struct spots *s, const struct spot *spot)
{
	if (s->merged && same_stacks(s->merged, spot))
		return s->latency;
	latency_free(s->latency);
	s->latency = latency_new();
	s->merged = spot;
	for (size_t i = 0; i < spot->stack_count; i++) {
		if (spot->stacks[i]->tally.latency)
			latency_merge(s->latency, spot->stacks[i]->tally.latency);
	}
	return s->latency;
}
