/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks the stack by call frame information. */
#include "preload/unwind.h"

#include "preload/modules.h"
#include "preload/sys.h"

/* No frame that we believe in is larger. */
#define FRAME_BYTES_MAX (16u << 20)
/* No stack is: what lies further from its end is another one (a coroutine's). */
#define STACK_BYTES_MAX (8ull << 30)

#define RULES 65536u
#define PROBES 4u
#define KEY_BEING_SET 1u

/* Rules by pc: set once, then constant. */
struct known_rule {
	uint64_t key; /* 0: free */
	struct frame_rule rule;
	uint32_t caller; /* where the rule of the first caller seen is, 0: not seen yet */
};

static struct known_rule *rules;

/* The end of the main thread's stack, as glibc's loader leaves it. */
extern void *__libc_stack_end;
static uintptr_t main_stack_end;

void unwind_init(void)
{
	rules = sys_memory(RULES * sizeof(*rules));
	main_stack_end = (uintptr_t)__libc_stack_end;
}

/* glibc puts a thread's descriptor, where the thread pointer points, at the end of its stack. */
static uintptr_t find_limit(uintptr_t stack_pointer)
{
	uintptr_t thread_end = (uintptr_t)__builtin_thread_pointer();

	if (stack_pointer < main_stack_end && main_stack_end - stack_pointer < STACK_BYTES_MAX)
		return main_stack_end;
	if (stack_pointer < thread_end && thread_end - stack_pointer < STACK_BYTES_MAX)
		return thread_end;
	return 0;
}

struct unwind_state unwind_start(const struct frame *caller)
{
	return (struct unwind_state){
		.pc = caller->return_address - 1,
		.stack_pointer = caller->stack_pointer,
		.frame_pointer = caller->frame_pointer,
		.limit = find_limit(caller->stack_pointer),
	};
}

/* User addresses have 48 bits; what another object had here before is not meant. */
static inline uint64_t key_of(uintptr_t pc, uint32_t generation)
{
	return pc ^ (uint64_t)generation << 48;
}

/* The rule if it is known; else NULL, and *free_place may be set to where it can be kept. */
static inline struct known_rule *find_rule(uint64_t key, struct known_rule **free_place)
{
	uint64_t place = key * 0x9e3779b97f4a7c15u >> 48;

	for (uint32_t i = 0; rules && i < PROBES; i++) {
		struct known_rule *known = &rules[(place + i) % RULES];
		uint64_t found = __atomic_load_n(&known->key, __ATOMIC_ACQUIRE);
		if (__builtin_expect(found == key, 1))
			return known;
		if (found == 0) {
			*free_place = known;
			return NULL;
		}
	}
	return NULL;
}

bool unwind_rule(const struct unwind_state *s, struct frame_rule *rule)
{
	struct known_rule *free_place = NULL;
	uint64_t key = key_of(s->pc, modules_generation);
	const struct known_rule *known = find_rule(key, &free_place);

	if (known) {
		*rule = known->rule;
		return true;
	}
	if (!cfi_rule(s->pc, rule))
		return false;
	uint64_t unset = 0;
	if (free_place && __atomic_compare_exchange_n(&free_place->key, &unset, KEY_BEING_SET, false,
						      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		free_place->rule = *rule;
		__atomic_store_n(&free_place->key, key, __ATOMIC_RELEASE);
	}
	return true;
}

static uintptr_t place_of(const struct unwind_state *s, uintptr_t cfa, unsigned int base,
			  int32_t offset)
{
	uintptr_t from = base == BASE_CFA ? cfa :
			 base == BASE_STACK_POINTER ? s->stack_pointer : s->frame_pointer;
	return from + (uintptr_t)(intptr_t)offset;
}

/* A word of this stack, in this frame or further out. */
static bool is_slot(const struct unwind_state *s, uintptr_t address)
{
	return address >= s->stack_pointer && address - s->stack_pointer <= FRAME_BYTES_MAX &&
	       address % sizeof(uintptr_t) == 0 &&
	       (!s->limit || address <= s->limit - sizeof(uintptr_t));
}

bool unwind_slots(const struct unwind_state *s, const struct frame_rule *rule,
		  struct unwind_slots *slots)
{
	slots->cfa = place_of(s, 0, rule->cfa_base, rule->cfa_offset);
	if (rule->cfa_is_stored) {
		if (!is_slot(s, slots->cfa))
			return false;
		slots->cfa = *(const uintptr_t *)slots->cfa;
	}
	/* Stacks grow downwards; but a handler on an alternate stack interrupted another one. */
	if (!rule->signal && slots->cfa <= s->stack_pointer)
		return false;
	slots->return_address =
		place_of(s, slots->cfa, rule->return_address_base, rule->return_address_offset);
	slots->frame_pointer = 0;
	if (rule->saves_frame_pointer) {
		slots->frame_pointer =
			place_of(s, slots->cfa, rule->frame_pointer_base, rule->frame_pointer_offset);
		if (!is_slot(s, slots->frame_pointer))
			return false;
	}
	return is_slot(s, slots->return_address);
}

/* Return addresses may be signed on aarch64 (pointer authentication); user addresses have 48 bits. */
static uintptr_t plain_address(uintptr_t address)
{
#if defined(__aarch64__)
	return address & 0x0000ffffffffffffu;
#else
	return address;
#endif
}

uintptr_t unwind_step(struct unwind_state *s, const struct frame_rule *rule,
		      const struct unwind_slots *slots)
{
	uintptr_t return_address = plain_address(*(const uintptr_t *)slots->return_address);

	if (slots->frame_pointer)
		s->frame_pointer = *(const uintptr_t *)slots->frame_pointer;
	if (rule->signal) {
		s->limit = find_limit(slots->cfa);
		return_address++;
	}
	s->stack_pointer = slots->cfa;
	s->pc = return_address - 1;
	return return_address;
}

enum walk { WALK_ON, WALK_ENDED, WALK_CUT_SHORT };

/* To the caller, by any rule; *address is the one recorded. */
static enum walk step_by_any(struct unwind_state *s, uintptr_t *address)
{
	struct frame_rule rule;
	struct unwind_slots slots;

	if (!unwind_rule(s, &rule))
		return WALK_CUT_SHORT;
	if (rule.outermost)
		return WALK_ENDED;
	if (!unwind_slots(s, &rule, &slots))
		return WALK_CUT_SHORT;
	*address = unwind_step(s, &rule, &slots);
	return *address <= 1 ? WALK_ENDED : WALK_ON;
}

/*
 * The same by a plain rule, which nearly all are.  A walk is a chain in which each load
 * waits for the one before: what is here is what has to be.
 */
static inline enum walk step_by_plain(struct unwind_state *s, const struct frame_rule *rule,
				      uintptr_t *address)
{
	uintptr_t cfa = (rule->cfa_base == BASE_FRAME_POINTER ? s->frame_pointer : s->stack_pointer) +
			(uintptr_t)(intptr_t)rule->cfa_offset;
	uintptr_t return_address_at = cfa + (uintptr_t)(intptr_t)rule->return_address_offset;
	uintptr_t frame_pointer_at = cfa + (uintptr_t)(intptr_t)rule->frame_pointer_offset;

	if (cfa <= s->stack_pointer || !is_slot(s, return_address_at) ||
	    (rule->saves_frame_pointer && !is_slot(s, frame_pointer_at)))
		return WALK_CUT_SHORT;
	*address = plain_address(*(const uintptr_t *)return_address_at);
	if (rule->saves_frame_pointer)
		s->frame_pointer = *(const uintptr_t *)frame_pointer_at;
	s->stack_pointer = cfa;
	s->pc = *address - 1;
	return *address <= 1 ? WALK_ENDED : WALK_ON;
}

/*
 * The known rule for a pc; NULL if none is.  last: the one that led here, NULL at the
 * beginning.  Most functions have the same caller most of the time: a right guess spares
 * the walk a multiplication and a load that all the rest would wait for.
 */
static inline struct known_rule *find_caller(struct known_rule *last, uint64_t key)
{
	struct known_rule *free_place;
	uint32_t place = last ? __atomic_load_n(&last->caller, __ATOMIC_RELAXED) : 0;

	if (__builtin_expect(place && __atomic_load_n(&rules[place].key, __ATOMIC_ACQUIRE) == key, 1))
		return &rules[place];
	struct known_rule *found = find_rule(key, &free_place);
	if (found && last && !place)
		__atomic_store_n(&last->caller, (uint32_t)(found - rules), __ATOMIC_RELAXED);
	return found;
}

size_t unwind_stack(const struct frame *caller, uintptr_t *addresses, size_t max, bool *cut_short)
{
	struct unwind_state s = unwind_start(caller);
	uintptr_t address = caller->return_address;
	uint32_t generation = modules_generation;
	struct known_rule *known = NULL;
	enum walk walk = WALK_ON;
	size_t depth = 0;

	while (depth < max && walk == WALK_ON) {
		addresses[depth++] = address;
		known = find_caller(known, key_of(s.pc, generation));
		if (__builtin_expect(known && known->rule.plain, 1)) {
			walk = step_by_plain(&s, &known->rule, &address);
			continue;
		}
		/* On a copy, so that all of the above may stay in registers. */
		struct unwind_state state = s;
		uintptr_t next;
		walk = step_by_any(&state, &next);
		s = state;
		address = next;
	}
	*cut_short = walk != WALK_ENDED;
	return depth;
}

/* More frames between two calls are not walked. */
#define WITHIN_MAX 256u

bool unwind_within(const struct frame *inner, const struct frame *outer)
{
	struct unwind_state s = unwind_start(inner);

	for (unsigned int i = 0; i < WITHIN_MAX; i++) {
		struct frame_rule rule;
		struct unwind_slots slots;

		if (s.stack_pointer >= outer->stack_pointer)
			return false;
		if (!unwind_rule(&s, &rule) || rule.outermost || !unwind_slots(&s, &rule, &slots))
			return true;
		uintptr_t address = unwind_step(&s, &rule, &slots);
		if (s.stack_pointer == outer->stack_pointer && address == outer->return_address)
			return true;
	}
	return true;
}
