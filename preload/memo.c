/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Remembers whole stacks. */
#include "preload/memo.h"

#include <stdbool.h>
#include <string.h>

#include "preload/sys.h"
#include "preload/trace_format.h"
#include "preload/unwind.h"

#define MEMO_BYTES 65536u
#define SETS 32u
#define WAYS 4u

struct slot {
	uintptr_t value;
	uintptr_t offset; /* from the key's stack pointer */
};

struct entry {
	struct frame key;
	uint32_t id;    /* of the stack; 0: free */
	uint16_t first; /* of its slots */
	uint16_t slots; /* 0: seen once, or not to be remembered */
	bool refused;   /* some frame of it cannot be vouched for */
};

struct set {
	struct entry ways[WAYS];
	uint32_t victim;
	uint32_t hits, builds, refusals; /* to learn little where it does not pay */
};

struct memo {
	struct set sets[SETS];
	uintptr_t scratch[TRT_STACK_DEPTH_MAX];
	uint32_t generation;
	uint32_t slots_used;
	struct slot slots[];
};

#define SLOTS ((MEMO_BYTES - sizeof(struct memo)) / sizeof(struct slot))

struct memo *memo_new(void)
{
	return sys_memory(MEMO_BYTES);
}

uintptr_t *memo_scratch(struct memo *m)
{
	return m->scratch;
}

/* Forgets all of it. */
static void memo_clear(struct memo *m)
{
	memset(m->sets, 0, sizeof(m->sets));
	m->slots_used = 0;
}

static struct set *set_of(struct memo *m, const struct frame *key)
{
	uint64_t hash = (key->stack_pointer ^ key->return_address * 31) * 0x9e3779b97f4a7c15u;
	return &m->sets[hash >> 59];
}
_Static_assert(SETS == 1u << 5, "set_of() takes 5 bits");

static bool same_frame(const struct frame *a, const struct frame *b)
{
	return a->stack_pointer == b->stack_pointer && a->return_address == b->return_address &&
	       a->frame_pointer == b->frame_pointer;
}

static bool same_stack(const struct memo *m, const struct entry *e)
{
	const struct slot *s = &m->slots[e->first], *end = s + e->slots;

	for (; s < end; s++)
		if (*(const uintptr_t *)(e->key.stack_pointer + s->offset) != s->value)
			return false;
	return true;
}

uint32_t memo_find(struct memo *m, const struct frame *caller, uint32_t generation)
{
	struct set *set = set_of(m, caller);

	if (__builtin_expect(m->generation != generation, 0)) {
		memo_clear(m);
		m->generation = generation;
		return 0;
	}
	for (uint32_t i = 0; i < WAYS; i++) {
		const struct entry *e = &set->ways[i];
		if (e->slots && same_frame(&e->key, caller) && same_stack(m, e)) {
			set->hits++;
			return e->id;
		}
	}
	return 0;
}

/* The slots of a stack while they are found, appended to the memo's. */
struct collection {
	struct memo *memo;
	uintptr_t origin; /* the key's stack pointer */
	uint32_t used;
};

static bool add_slot(struct collection *c, uintptr_t address)
{
	if (c->used == SLOTS)
		return false;
	c->memo->slots[c->used++] =
		(struct slot){ *(const uintptr_t *)address, address - c->origin };
	return true;
}

/*
 * Finds the slots that the stack depends on; how many, 0 if some frame cannot be
 * vouched for.  The walk is unwind_stack()'s own, and ends where that ended.
 */
static uint32_t find_slots(struct memo *m, const struct frame *caller, size_t depth)
{
	struct collection c = { m, caller->stack_pointer, m->slots_used };
	struct unwind_state s = unwind_start(caller);
	uintptr_t saved_at = 0; /* slot that the frame pointer came from, 0: the key */

	for (size_t i = 0; i < depth; i++) {
		struct frame_rule rule;
		struct unwind_slots slots;
		bool known = unwind_rule(&s, &rule);
		if (i + 1 == depth && (!known || rule.outermost))
			break; /* the end, which follows from the pc alone */
		if (!known)
			return 0;
		/* Of a plain rule the addresses follow from what was compared so far: see memo.h. */
		if (!rule.plain || !unwind_slots(&s, &rule, &slots))
			return 0;
		/* Where this frame lies depends on the frame pointer: it has to be the same. */
		if (rule.cfa_base == BASE_FRAME_POINTER && saved_at) {
			if (!add_slot(&c, saved_at))
				return 0;
			saved_at = 0;
		}
		if (!add_slot(&c, slots.return_address))
			return 0;
		if (slots.frame_pointer)
			saved_at = slots.frame_pointer;
		unwind_step(&s, &rule, &slots);
	}
	return c.used - m->slots_used;
}

/* An entry for the key: the one that was seen once, or the next to go. */
static struct entry *choose_entry(struct set *set, const struct frame *caller, uint32_t id)
{
	for (uint32_t i = 0; i < WAYS; i++) {
		struct entry *e = &set->ways[i];
		if (e->id == id && same_frame(&e->key, caller))
			return e;
	}
	for (uint32_t i = 0; i < WAYS; i++)
		if (!set->ways[i].id)
			return &set->ways[i];
	return &set->ways[set->victim++ % WAYS];
}

void memo_learn(struct memo *m, const struct frame *caller, size_t depth, uint32_t id)
{
	struct set *set = set_of(m, caller);
	struct entry *e = choose_entry(set, caller, id);

	if (e->id != id || !same_frame(&e->key, caller)) {
		*e = (struct entry){ .key = *caller, .id = id };
		return;
	}
	if (e->refused)
		return;
	/* More entries made than used: these stacks change all the time.  For now, perhaps. */
	if (set->builds > 16 && set->builds > set->hits / 4 && ++set->refusals % 32)
		return;
	set->builds++;
	if (m->slots_used + 2 * depth + 2 > SLOTS) {
		memo_clear(m);
		return;
	}
	e->first = (uint16_t)m->slots_used;
	e->slots = (uint16_t)find_slots(m, caller, depth);
	e->refused = e->slots == 0;
	m->slots_used += e->slots;
}
