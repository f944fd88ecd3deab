/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes stacks of language runtimes. */
#include "preload/runtime.h"

#include <link.h>
#include <linux/membarrier.h>
#include <string.h>
#include <time.h>

#include "preload/clock.h"
#include "preload/config.h"
#include "preload/language.h"
#include "preload/modules.h"
#include "preload/python.h"
#include "preload/ring.h"
#include "preload/stack.h"
#include "preload/sys.h"

static const struct runtime *const runtimes[] = { &python_runtime };
#define RUNTIMES (sizeof(runtimes) / sizeof(*runtimes))

bool runtime_here;
uint64_t runtime_epoch = 1;

/* Direct-mapped, as what pushes out another one costs little to find again. */
#define STACKS 256u
#define FRAMES 512u

struct known {
	uint64_t key;
	uint32_t id; /* 0: free */
};

struct runtime_memo {
	struct known stacks[STACKS]; /* one page */
	struct known frames[FRAMES];
	uint32_t scratch[TRT_STACK_DEPTH_MAX];
	uint64_t names[RUNTIME_NAMES_BYTES / sizeof(uint64_t)];
};

/* Keys are hashes whose lowest bits are as good as any. */
uint32_t runtime_frame(const struct runtime_memo *m, uint64_t key)
{
	const struct known *k = &m->frames[key % FRAMES];

	return k->key == key ? k->id : 0;
}

void runtime_remember_frame(struct runtime_memo *m, uint64_t key, uint32_t frame)
{
	m->frames[key % FRAMES] = (struct known){ key, frame };
}

void *runtime_names(struct runtime_memo *m)
{
	return m->names;
}

static bool may_have_frames(const struct runtime *r)
{
	enum trt_runtime_state state = r->status().state;

	return state == TRT_RUNTIME_FOUND || state == TRT_RUNTIME_ON;
}

static void look_around(void)
{
	bool here = false;

	for (size_t i = 0; i < RUNTIMES; i++)
		here |= may_have_frames(runtimes[i]);
	__atomic_store_n(&runtime_here, here, __ATOMIC_RELEASE);
}

static void log_runtime(const struct runtime *r, uint64_t now_ns)
{
	struct runtime_status s = r->status();
	size_t text_bytes = s.why_off ? strlen(s.why_off) : 0;

	if (!s.state)
		return;
	struct trt_record *record =
		ring_record((sizeof(struct trt_runtime) + text_bytes + 7) & ~(size_t)7);
	if (!record)
		return;
	struct trt_runtime *runtime = (struct trt_runtime *)record;
	runtime->seen_ns = now_ns;
	runtime->loop_start = s.loop_start;
	runtime->loop_end = s.loop_end;
	runtime->version = s.version;
	runtime->text_bytes = (uint32_t)text_bytes;
	if (text_bytes)
		memcpy(runtime + 1, s.why_off, text_bytes);
	ring_publish(record, TRT_RECORD_RUNTIME, (uint8_t)s.state, r->language);
}

void runtime_log(void)
{
	for (size_t i = 0; i < RUNTIMES; i++)
		log_runtime(runtimes[i], clock_ns());
}

void runtime_changed(const struct runtime *r)
{
	look_around();
	log_runtime(r, clock_ns());
}

#define WAITS_MAX 100 /* milliseconds; a walk that a handler jumped out of does not end */

void runtime_expect_end(void)
{
	sys(membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

void runtime_wait_for_takers(void)
{
	struct timespec moment = { .tv_nsec = 1000000 };

	/* Where that is not to be had, a millisecond empties all store buffers too. */
	if (sys(membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0)
		sys(nanosleep, &moment, NULL);
	for (int i = 0; i < WAITS_MAX && thread_others_taking(); i++)
		sys(nanosleep, &moment, NULL);
}

void runtime_forget(void)
{
	language_forget();
	__atomic_add_fetch(&runtime_epoch, 1, __ATOMIC_RELEASE);
}

static void look_at(const struct link_map *object, bool late)
{
	for (size_t i = 0; i < RUNTIMES; i++)
		if (runtimes[i]->present(object, late))
			runtime_changed(runtimes[i]);
}

static void look_at_late(const struct link_map *object)
{
	look_at(object, true);
}

void runtime_init(void)
{
	if (stack_state != TRT_STACKS_ON)
		return;
	for (const struct link_map *m = _r_debug.r_map; m; m = m->l_next)
		look_at(m, false);
	modules_on_load = look_at_late;
}

/* *lasting: whether it may be remembered. */
static uint32_t describe(const struct runtime *r, struct thread *t, bool *lasting)
{
	struct runtime_stack s = {
		.memo = t->runtime_memo,
		.interrupted = t->interrupted,
		.max = config.stack_depth,
		.frames = t->runtime_memo->scratch,
	};

	*lasting = false;
	if (!r->describe(&s) || !s.depth)
		return 0;
	uint32_t id = language_stack(r->language, s.frames, s.depth, s.cut_short);
	if (!id)
		ring_count(lost_stacks);
	*lasting = !s.passing;
	return id;
}

static uint32_t take(const struct runtime *r, struct thread *t)
{
	bool lasting;
	uint64_t hash = t->interrupted ? RUNTIME_STACK_NEW : r->capture(config.stack_depth);

	if (hash <= RUNTIME_STACK_NEW)
		return hash ? describe(r, t, &lasting) : 0;
	struct known *k = &t->runtime_memo->stacks[hash % STACKS];
	if (__builtin_expect(k->key == hash && k->id, 1))
		return k->id;
	uint32_t id = describe(r, t, &lasting);
	if (lasting)
		*k = (struct known){ hash, id };
	return id;
}

/* What was remembered in another epoch is void. */
static void forget_old(struct thread *t)
{
	uint64_t epoch = __atomic_load_n(&runtime_epoch, __ATOMIC_ACQUIRE);

	if (__builtin_expect(t->runtime_epoch == epoch, 1))
		return;
	memset(t->runtime_memo->stacks, 0, sizeof(t->runtime_memo->stacks));
	memset(t->runtime_memo->frames, 0, sizeof(t->runtime_memo->frames));
	t->runtime_epoch = epoch;
}

uint32_t runtime_take(struct thread *t)
{
	uint32_t id = 0;

	if (__builtin_expect(!t->runtime_memo, 0) &&
	    !(t->runtime_memo = sys_memory(sizeof(*t->runtime_memo)))) {
		ring_count(lost_stacks);
		return 0;
	}
	forget_old(t);
	/* The waiter's membarrier(2) makes the fence that the processor needs. */
	__atomic_store_n(&t->taking, t->taking + 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	for (size_t i = 0; i < RUNTIMES && !id; i++)
		id = take(runtimes[i], t);
	__atomic_store_n(&t->taking, t->taking - 1, __ATOMIC_RELEASE);
	return id;
}
