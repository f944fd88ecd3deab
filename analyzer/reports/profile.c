/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Round trips by the stack that made them. */
#include "analyzer/reports/profile.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analyzer/util/alloc.h"

struct stack_key {
	const struct process *process;
	uint64_t id;
};

struct entry {
	struct stack_key key;
	struct profile_stack stack;
	UT_hash_handle hh;
};

struct profile {
	struct symbols *symbols;
	struct entry *entries;
	struct entry *last; /* found: requests come in runs */
	struct profile_stack **stacks;
	size_t count, room;
};

struct profile *profile_new(struct symbols *symbols)
{
	struct profile *p = xcalloc(1, sizeof(*p));

	p->symbols = symbols;
	return p;
}

void profile_free(struct profile *p)
{
	struct entry *e, *next;

	if (!p)
		return;
	HASH_ITER(hh, p->entries, e, next)
	{
		HASH_DEL(p->entries, e);
		tally_clear(&e->stack.tally);
		free(e);
	}
	free(p->stacks);
	free(p);
}

static struct entry *add_entry(struct profile *p, const struct stack_key *key)
{
	struct entry *e = xcalloc(1, sizeof(*e));

	e->key = *key;
	e->stack.process = key->process;
	HASH_ADD(hh, p->entries, key, sizeof(e->key), e);
	p->stacks = xgrow(p->stacks, p->count, &p->room, sizeof(*p->stacks));
	p->stacks[p->count++] = &e->stack;
	return e;
}

void profile_add(struct profile *p, const struct round_trip *t)
{
	struct stack_key key = { .process = t->process, .id = t->stack_id };
	struct entry *e = p->last;

	if (!e || e->key.process != key.process || e->key.id != key.id) {
		HASH_FIND(hh, p->entries, &key, sizeof(key), e);
		if (!e)
			e = add_entry(p, &key);
		p->last = e;
	}
	tally_add(&e->stack.tally, t);
}

static void name_stacks(struct profile *p)
{
	struct stack_reference *stacks = xcalloc(p->count, sizeof(*stacks));
	size_t count = 0;

	for (const struct entry *e = p->entries; e; e = e->hh.next)
		stacks[count++] = (struct stack_reference){ e->key.process, (uint32_t)e->key.id };
	symbols_prepare(p->symbols, stacks, count);
	free(stacks);
	for (struct entry *e = p->entries; e; e = e->hh.next) {
		e->stack.frames = symbols_stack(p->symbols, e->key.process, (uint32_t)e->key.id,
						&e->stack.count);
		size_t outer = frames_outer(e->stack.frames, e->stack.count);
		e->stack.frames += outer;
		e->stack.count -= outer;
	}
}

void profile_finish(struct profile *p)
{
	name_stacks(p);
	for (size_t i = 0; i < p->count; i++) {
		struct profile_stack *s = p->stacks[i];
		const struct latency *l = s->tally.latency;
		s->answered = l ? latency_count(l) : 0;
		s->total_ns = tally_total_ns(&s->tally);
		s->max_ns = s->answered ? latency_max_ns(l) : UNKNOWN;
	}
}

struct figures profile_figures(const struct profile_stack *s)
{
	return (struct figures){
		.round_trips = s->tally.round_trips,
		.failed = s->tally.failed,
		.time_ns = s->total_ns,
		.bytes_sent = s->tally.bytes_sent,
		.bytes_received = s->tally.bytes_received,
	};
}

struct profile_stack **profile_stacks(const struct profile *p, size_t *count)
{
	*count = p->count;
	return p->stacks;
}
