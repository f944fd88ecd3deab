/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Language runtimes: interpreters whose own frames say more than the native ones of their loop.
 *
 * Each is a file that fills in struct runtime; here is what is common.  A stack is
 * captured in two steps, as nearly all have been seen before: a hash of where the thread's
 * frames are, for which plain loads suffice; and, if it is new to the thread, a
 * description of them, which looks at everything before it believes it.
 */
#ifndef PRELOAD_RUNTIME_H
#define PRELOAD_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/thread.h"
#include "preload/trace_format.h"

/* Frames of threads, by where they are: one thread's. */
struct runtime_memo;

/* A stack to be described. */
struct runtime_stack {
	struct runtime_memo *memo;
	bool interrupted;  /* by a signal, in whose handler we are: frames may be half made */
	size_t max;        /* frames */
	size_t depth;
	bool cut_short;
	bool passing;      /* not to be remembered */
	uint32_t *frames;  /* [max], as in struct trt_language_stack */
};

struct runtime_status {
	enum trt_runtime_state state;
	uint32_t version;
	uintptr_t loop_start, loop_end; /* see struct trt_runtime */
	const char *why_off;            /* in words; NULL unless it is */
};

struct link_map;

/* What capture() returns for frames that have to be described and must not be remembered. */
#define RUNTIME_STACK_NEW 1u

struct runtime {
	enum trt_language language;
	/* Whether it is in this object, which has just been loaded; then it gets ready. */
	bool (*present)(const struct link_map *object, bool late);
	/*
	 * A hash of where the calling thread's frames are, at most max of them; equal hashes mean
	 * equal stacks as long as runtime_epoch stays the same.  0: it runs none.
	 */
	uint64_t (*capture)(size_t max);
	/* Fills in the frames of the calling thread; false if they are not to be had. */
	bool (*describe)(struct runtime_stack *s);
	struct runtime_status (*status)(void);
};

/* In the constructor: looks at what is loaded, and will look at what comes later. */
void runtime_init(void);

/* Logs what was found, into a trace that is new. */
void runtime_log(void);

/* In the child of a fork: nothing has been written to the trace. */
void runtime_forget(void);

/* Its state has changed: logs it. */
void runtime_changed(const struct runtime *r);

/* Is there any that may have frames? */
extern bool runtime_here;

/* Grows whenever what is remembered of frames may mean something else from now on. */
extern uint64_t runtime_epoch;

uint32_t runtime_take(struct thread *t);

/*
 * The id of the calling thread's language stack, 0 if it has none.  By a thread that has its entry,
 * after its native stack was taken.
 */
static inline uint32_t runtime_capture(struct thread *t)
{
	return __builtin_expect(runtime_here, 0) ? runtime_take(t) : 0;
}

/* The frame that was remembered for key, 0 if none is; and to remember one. */
uint32_t runtime_frame(const struct runtime_memo *m, uint64_t key);
void runtime_remember_frame(struct runtime_memo *m, uint64_t key, uint32_t frame);

/* Room in the memo for names. */
#define RUNTIME_NAMES_BYTES 8192u
void *runtime_names(struct runtime_memo *m);

/*
 * A runtime that ends frees what threads may be reading just now.  Before that, once it has said
 * that it ends, so that nobody begins to read: waits, some milliseconds at most as a rule, until
 * none is.  runtime_expect_end(): before the first reading.
 */
void runtime_expect_end(void);
void runtime_wait_for_takers(void);

#endif
