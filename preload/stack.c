/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes stacks: remembered by the memo, or walked; and interns them. */
#include "preload/stack.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/config.h"
#include "preload/memo.h"
#include "preload/mix.h"
#include "preload/modules.h"
#include "preload/ring.h"
#include "preload/sys.h"
#include "preload/unwind.h"

#define TABLE_SLOTS (1u << 18)
#define PROBES 64u

enum trt_stacks stack_state = TRT_STACKS_OFF_BY_SETTING;

/*
 * Hashes of the stacks that were written, 0: free.  A stack's id is its place + 1,
 * known before its record is written, so that no thread ever waits for another.
 */
static uint64_t *table;

void stack_init(void)
{
	if (config.stack_depth == 0)
		return;
	unwind_init();
	table = sys_memory(TABLE_SLOTS * sizeof(*table));
	stack_state = table ? TRT_STACKS_ON : TRT_STACKS_NO_MEMORY;
}

void stack_forget(void)
{
	if (table)
		sys(madvise, table, TABLE_SLOTS * sizeof(*table), MADV_DONTNEED);
	__atomic_add_fetch(&modules_generation, 1, __ATOMIC_RELEASE);
}

/* Two lanes, as the processor multiplies two numbers in the time of one. */
static uint64_t hash_addresses(const uintptr_t *addresses, size_t depth, uint32_t generation)
{
	uint64_t a = 0x2d358dccaa6c78a5u + depth, b = 0x8bb84b93962eacc9u + generation;
	size_t i = 0;

	for (; i + 4 <= depth; i += 4) {
		a = mix(a ^ addresses[i], addresses[i + 1] ^ 0x4b33a62ed433d4a3u);
		b = mix(b ^ addresses[i + 2], addresses[i + 3] ^ 0x4d5a2da51de1aa47u);
	}
	for (; i < depth; i++)
		a = mix(a ^ addresses[i], 0x4b33a62ed433d4a3u);
	uint64_t hash = mix(a ^ 0x2d358dccaa6c78a5u, b);
	return hash ? hash : 1;
}

static void log_stack(uint32_t id, const uintptr_t *addresses, size_t depth, bool cut_short,
		      uint64_t now_ns)
{
	struct trt_record *record =
		ring_record(sizeof(struct trt_stack) + depth * sizeof(*addresses));

	if (!record)
		return;
	struct trt_stack *r = (struct trt_stack *)record;
	r->first_seen_ns = now_ns;
	r->depth = (uint32_t)depth;
	memcpy(r + 1, addresses, depth * sizeof(*addresses));
	ring_publish(record, TRT_RECORD_STACK, cut_short, id);
}

/* The stack's id; writes it to the trace if it is new.  0 if the table is full. */
static uint32_t intern(const uintptr_t *addresses, size_t depth, bool cut_short, uint64_t now_ns)
{
	uint64_t hash = hash_addresses(addresses, depth, modules_generation);

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t place = (uint32_t)(hash + i) % TABLE_SLOTS;
		uint64_t found = __atomic_load_n(&table[place], __ATOMIC_RELAXED);
		if (found == hash)
			return place + 1;
		if (found == 0) {
			if (__atomic_compare_exchange_n(&table[place], &found, hash, false,
							__ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
				modules_learn(addresses, depth, now_ns);
				log_stack(place + 1, addresses, depth, cut_short, now_ns);
				return place + 1;
			}
			if (found == hash)
				return place + 1;
		}
	}
	return 0;
}

size_t stack_unwind(struct thread *t, const struct frame *caller, uintptr_t **addresses)
{
	struct unwind_end end;

	*addresses = memo_scratch(t->memo);
	return unwind_stack(caller, *addresses, config.stack_depth, &end);
}

static uint32_t capture_anew(struct thread *t, const struct frame *caller, uint64_t now_ns)
{
	uintptr_t *addresses = memo_scratch(t->memo);
	struct unwind_end end;
	size_t depth = unwind_stack(caller, addresses, config.stack_depth, &end);
	uint32_t id = intern(addresses, depth, end.cut_short, now_ns);

	t->interrupted = end.interrupted;
	if (!id)
		ring_count(lost_stacks);
	else if (config.stack_memo)
		memo_learn(t->memo, caller, depth, id);
	return id;
}

/* TRACEROUNDTRIP_STACK_MEMO=check: what was remembered has to be what is there. */
static uint32_t check(struct thread *t, const struct frame *caller, uint32_t id, uint64_t now_ns)
{
	uintptr_t *addresses = memo_scratch(t->memo);
	struct unwind_end end;
	size_t depth = unwind_stack(caller, addresses, config.stack_depth, &end);
	uint32_t found = intern(addresses, depth, end.cut_short, now_ns);

	if (found != id)
		ring_note("a remembered stack was not the one there", now_ns);
	return found;
}

uint32_t stack_take(struct thread *t, const struct frame *caller, uint64_t now_ns)
{
	if (__builtin_expect(!t->memo, 0) && !(t->memo = memo_new())) {
		ring_count(lost_stacks);
		return 0;
	}
	t->interrupted = false; /* the memo has no stack that goes through a handler */
	uint32_t id = memo_find(t->memo, caller, modules_generation);
	if (__builtin_expect(!id, 0))
		return capture_anew(t, caller, now_ns);
	return __builtin_expect(config.check_memo, 0) ? check(t, caller, id, now_ns) : id;
}
