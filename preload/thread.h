/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What we keep of each thread.
 *
 * The thread's own storage holds little: it is carved out of the program's
 * stacks, which may be 16 KiB.  All else is in a table of our own, where the child
 * of a fork can look at the entries of threads that it no longer has.
 */
#ifndef PRELOAD_THREAD_H
#define PRELOAD_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/ring.h"

struct memo;
struct runtime_memo;

struct tls_call;

/* What a TLS library's calls on sockets tell of the session that it works for: see tls.h. */
struct watch {
	struct tls_call *call;  /* that is going on, NULL: none; it may have been jumped out of */
	uint64_t magic;         /* that this call has while it lives */
	uint32_t connection_id; /* of the first call on a socket; 0: none so far */
	int32_t fd;
	uint64_t before[2];     /* the connection's offsets, by enum direction */
};

/* What the thread received last, for programs that feed TLS libraries themselves. */
struct fed {
	uint32_t connection_id;
	int32_t fd;
	uint64_t before[2];
	uint8_t head_bytes;     /* 0: nothing */
	uint8_t head[16];
};

struct thread {
	int32_t tid;
	uint32_t next_free;      /* link of the stack of free entries: index + 1 */
	struct ring_cursor cursor;
	struct memo *memo;       /* stays with the entry when the thread ends */
	struct runtime_memo *runtime_memo; /* so does this */
	uint64_t runtime_epoch;  /* that it is of */
	uintptr_t handle;        /* pthread_self() */
	bool interrupted;        /* the stack taken last goes through a signal handler */
	uint64_t waited_ns;      /* in waits since its last event */
	uint64_t named_ns;       /* when its name was last looked up; 0: never */
	uint64_t verified_ns, viewed_ns; /* when it last asked the kernel about a connection */
	char name[16];
	struct watch watch;
	struct fed fed;
	uint32_t taking;         /* depth of runtime_take(): it reads what a runtime may free */
} __attribute__((aligned(64))); /* no two threads write one cache line */

#define THREAD_LOCAL __thread __attribute__((tls_model("initial-exec")))

/* NULL until the thread's first event, and again after it ended. */
extern THREAD_LOCAL struct thread *thread_self;

/* In the constructor.  False without memory. */
bool thread_init(void);

/* This thread's entry, made on first use; NULL if the table is full. */
struct thread *thread_make(void);

static inline struct thread *thread_get(void)
{
	return __builtin_expect(thread_self != NULL, 1) ? thread_self : thread_make();
}

/*
 * May the thread ask the kernel about a connection, having done so at *last_ns, for what it asks
 * at most once in interval_ns?  One with thousands of connections, each used seldom, would
 * do little else.
 */
static inline bool thread_may_ask(uint64_t *last_ns, uint64_t interval_ns, uint64_t now_ns)
{
	if (now_ns - *last_ns < interval_ns)
		return false;
	*last_ns = now_ns;
	return true;
}

#define NAME_CHECK_NS 100000000u
void thread_note_name_now(struct thread *t, uint64_t now_ns);

/* Logs the thread's name if it is new; looks at most once in 100 ms. */
static inline void thread_note_name(struct thread *t, uint64_t now_ns)
{
	if (__builtin_expect(now_ns - t->named_ns >= NAME_CHECK_NS, 0))
		thread_note_name_now(t, now_ns);
}

/* Is another thread in runtime_take()? */
bool thread_others_taking(void);

/* In the child of a fork: the other threads are gone and the caller has a new id. */
void thread_forked(void);

#endif
