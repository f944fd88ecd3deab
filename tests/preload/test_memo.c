/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The walk of the stack finds what libunwind finds; the memo of stacks remembers what
 * the walk would find, always, and it does remember.
 */
#include <dlfcn.h>

#include "preload/blind.h"
#include "preload/clock.h"
#include "preload/frame.h"
#include "preload/memo.h"
#include "preload/modules.h"
#include "preload/ring.h"
#include "preload/thread.h"
#include "preload/unwind.h"
#include "tests/preload/calls.h"
#include "tests/unit/tap.h"

#define STACKS_MAX 65536
#define DEPTH_MAX 200

/* The modules' records go nowhere. */
struct trt_record *ring_record(size_t bytes)
{
	return NULL;
}

void ring_publish(struct trt_record *record, uint8_t type, uint8_t detail, uint32_t id)
{
}

/* For the header, which is not written here. */
uint32_t blind_spots(void)
{
	return 0;
}

/* Modules are learnt by threads that have an entry; this test's has none. */
THREAD_LOCAL struct thread *thread_self;

struct stack {
	size_t depth;
	uintptr_t addresses[DEPTH_MAX];
};

static int (*unwind)(void **addresses, int count);
static struct memo *memo;
static struct stack *stacks; /* by id - 1 */
static uint32_t stack_count;
static uint64_t captures, hits, wrong, other;

/* The id of a stack; linear, from the newest: walks repeat recent ones. */
static uint32_t id_of(const uintptr_t *addresses, size_t depth)
{
	for (uint32_t i = stack_count; i-- > 0;)
		if (stacks[i].depth == depth &&
		    memcmp(stacks[i].addresses, addresses, depth * sizeof(*addresses)) == 0)
			return i + 1;
	if (stack_count == STACKS_MAX)
		abort();
	stacks[stack_count].depth = depth;
	memcpy(stacks[stack_count].addresses, addresses, depth * sizeof(*addresses));
	return ++stack_count;
}

__attribute__((noinline)) void hook(void)
{
	struct frame caller = FRAME_OF_CALLER;
	void *found[DEPTH_MAX];
	uintptr_t *walked = memo_scratch(memo);
	struct unwind_end end;
	uint32_t remembered = memo_find(memo, &caller, 0);
	size_t depth = unwind_stack(&caller, walked, DEPTH_MAX, &end);
	size_t count = (size_t)unwind(found, DEPTH_MAX);
	size_t own = 0;

#if defined(__aarch64__)
	/* There libunwind 1.6 returns addresses in the calls, not behind them. */
	for (size_t i = 0; i < count; i++)
		found[i] = (uint8_t *)found[i] + 1;
#endif

	while (own < count && (uintptr_t)found[own] != caller.return_address)
		own++;
	if (own == count)
		abort();
	other += depth != count - own || end.cut_short ||
		 memcmp(walked, found + own, depth * sizeof(*walked)) != 0;
	uint32_t id = id_of(walked, depth);
	captures++;
	if (remembered) {
		hits++;
		wrong += remembered != id;
	} else {
		memo_learn(memo, &caller, depth, id);
	}
}

/* Each random walk a few times, as programs do; few enough for the memo to go along. */
static void walk(int (*calls)(unsigned int, int), const char *name)
{
	captures = hits = wrong = other = 0;
	memo = memo_new();
	for (unsigned int round = 0; round < 4000; round++)
		calls(round / 20, 1 + (int)(round / 20 % 23));
	ok(other == 0, "%s: %" PRIu64 " stacks walked, %" PRIu64 " not as libunwind does", name, captures,
	   other);
	ok(wrong == 0 && hits > 20000, "%s: %" PRIu64 " of %" PRIu64 " stacks remembered, %" PRIu64
	   " wrong", name, hits, captures, wrong);
}

int main(void)
{
	clock_resolve();
	modules_init();
	unwind_init();
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	unwind = library ? (__typeof__(unwind))dlsym(library, "unw_backtrace") : NULL;
	if (!unwind) {
		printf("1..0 # SKIP libunwind.so.8 is missing\n");
		return 0;
	}
	memo = memo_new();
	stacks = calloc(STACKS_MAX, sizeof(*stacks));
	walk(calls_O0, "-O0");
	walk(calls_O2, "-O2");
	walk(calls_O3, "-O3");
	walk(calls_frame_pointer, "-fno-omit-frame-pointer");

	captures = hits = wrong = 0;
	for (int i = 0; i < 1000; i++)
		calls_O2(3, 12);
	ok(hits > 0 && hits + 100 >= captures, "a loop's stacks are remembered: %" PRIu64 " of %" PRIu64,
	   hits, captures);
	return done_testing();
}
