/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Remembers whole stacks. */
#include "preload/memo.h"

#include <stdbool.h>
#include <string.h>

#include "preload/cfi.h"
#include "preload/sys.h"
#include "preload/trace_format.h"

#define MEMO_BYTES 65536u
#define SETS 32u
#define WAYS 4u
#define SCRATCH (TRT_STACK_DEPTH_MAX + 16u)
/* No frame that we believe in is larger. */
#define FRAME_BYTES_MAX (16u << 20)

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
	uintptr_t scratch[SCRATCH];
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

size_t memo_scratch_count(void)
{
	return SCRATCH;
}

void memo_clear(struct memo *m)
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

/* The state of a walk outwards. */
struct walk {
	struct memo *memo;
	uintptr_t origin;        /* the key's stack pointer */
	uintptr_t stack_pointer, frame_pointer;
	uintptr_t saved_at;      /* slot that frame_pointer came from, 0: the key */
	uint32_t used;           /* slots */
};

static bool add_slot(struct walk *w, uintptr_t address)
{
	if (w->used == SLOTS)
		return false;
	w->memo->slots[w->used++] =
		(struct slot){ *(const uintptr_t *)address, address - w->origin };
	return true;
}

/* Return addresses may be signed on aarch64; user addresses have 48 bits. */
static uintptr_t plain_address(uintptr_t address)
{
#if defined(__aarch64__)
	return address & 0x0000ffffffffffffu;
#else
	return address;
#endif
}

/* One frame outwards by its rule; false if it cannot be vouched for. */
static bool step(struct walk *w, const struct frame_rule *rule, uintptr_t *return_address)
{
	if (rule->by_frame_pointer && w->saved_at) {
		/* This frame's address depends on that value: it has to be the same. */
		if (!add_slot(w, w->saved_at))
			return false;
		w->saved_at = 0;
	}
	uintptr_t cfa = (rule->by_frame_pointer ? w->frame_pointer : w->stack_pointer) +
			(uintptr_t)(intptr_t)rule->cfa_offset;
	uintptr_t slot = cfa + (uintptr_t)(intptr_t)rule->return_address_offset;
	/* Stacks grow downwards: a caller's frame lies above its callee's. */
	if (cfa <= w->stack_pointer || cfa - w->stack_pointer > FRAME_BYTES_MAX || slot >= cfa ||
	    slot < w->stack_pointer || slot % sizeof(uintptr_t) || !add_slot(w, slot))
		return false;
	*return_address = plain_address(*(const uintptr_t *)slot);
	if (rule->saves_frame_pointer) {
		w->saved_at = cfa + (uintptr_t)(intptr_t)rule->frame_pointer_offset;
		if (w->saved_at >= cfa || w->saved_at < w->stack_pointer ||
		    w->saved_at % sizeof(uintptr_t))
			return false;
		w->frame_pointer = *(const uintptr_t *)w->saved_at;
	}
	w->stack_pointer = cfa;
	return true;
}

/*
 * Finds the slots that the stack depends on, appended to the memo's; how many, 0
 * if some frame cannot be vouched for.  Where the rules and the unwinder disagree
 * nothing is remembered.
 */
static uint32_t find_slots(struct memo *m, const struct frame *caller, const uintptr_t *addresses,
			   size_t depth)
{
	struct walk w = { m, caller->stack_pointer, caller->stack_pointer, caller->frame_pointer, 0,
			  m->slots_used };
	uintptr_t pc = caller->return_address;

	for (size_t i = 0; i < depth; i++) {
		struct frame_rule rule;
		if (pc != plain_address(addresses[i]) || !cfi_rule(pc, &rule))
			return 0;
		if (rule.outermost)
			return i + 1 == depth ? w.used - m->slots_used : 0;
		if (!step(&w, &rule, &pc))
			return 0;
		if (pc == 0)
			return i + 1 == depth ? w.used - m->slots_used : 0;
	}
	/* Cut off at the depth that is kept: what lies further out does not matter. */
	return w.used - m->slots_used;
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

void memo_learn(struct memo *m, const struct frame *caller, const uintptr_t *addresses,
		size_t depth, uint32_t id)
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
	e->slots = (uint16_t)find_slots(m, caller, addresses, depth);
	e->refused = e->slots == 0;
	m->slots_used += e->slots;
}
