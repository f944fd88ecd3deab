/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trace file, mapped: chunks for events, each written by one thread at a
 * time, and for the dictionary, written by all.
 *
 * Nothing here waits, allocates or leaves a descriptor open; all of it may run in
 * a signal handler.  What interrupts a thread between ring_event() and
 * ring_commit() must not call ring_event() for the same cursor: the guard in
 * call.c sees to that.
 *
 * Every access to the file is to pages that were given blocks and made present before, so
 * that a full disk is an error code there and not a SIGBUS here.  Chunks of events get
 * theirs in small steps: most threads of a program with many write little.
 */
#ifndef PRELOAD_RING_H
#define PRELOAD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/trace_format.h"

/* A thread's place in the chunk it owns; zeroes own none. */
struct ring_cursor {
	uint8_t *chunk;
	uint32_t used;
	uint32_t ready; /* bytes that may be touched */
	uint32_t index;
};

/*
 * Makes and maps the trace file of this process below config.output.  Returns
 * NULL, or the reason why it could not, in words (static storage); then every
 * other function here counts a loss or does nothing.
 */
const char *ring_open(void);

/* The mapped header, for its counters and fields; NULL before ring_open(). */
struct trt_header *ring_header(void);

/* Forgets the file without touching it: it belongs to the parent of a fork. */
void ring_abandon(void);

/* The process ends: notes when, and cuts the file to the chunks in use. Others may go on writing. */
void ring_close(uint64_t now_ns);

/*
 * Room for a record of bytes (a multiple of 8) in the cursor's chunk, or in a new
 * one that then starts with a segment of thread tid.  NULL if there is no room.
 */
void *ring_event_slow(struct ring_cursor *c, size_t bytes, int32_t tid, uint64_t now_ns);

static inline void *ring_event(struct ring_cursor *c, size_t bytes, int32_t tid, uint64_t now_ns)
{
	if (__builtin_expect(c->chunk && c->used + bytes <= c->ready, 1))
		return c->chunk + c->used;
	return ring_event_slow(c, bytes, tid, now_ns);
}

/* The event is whole: readers may see it, whatever becomes of this process. */
static inline void ring_commit(struct ring_cursor *c, size_t bytes, uint64_t end_ns)
{
	struct trt_chunk *chunk = (struct trt_chunk *)c->chunk;

	c->used += (uint32_t)bytes;
	chunk->events++;
	chunk->last_ns = end_ns;
	__atomic_store_n(&chunk->committed, c->used, __ATOMIC_RELEASE);
}

/*
 * An event is about to be written.  During the real call the kernel, and all that ran
 * meanwhile, may have taken the places from the caches: they are fetched while the event
 * is still made up.
 */
static inline void ring_prefetch(const struct ring_cursor *c)
{
	__builtin_prefetch(c->chunk, 1);
	__builtin_prefetch(c->chunk + c->used, 1);
	__builtin_prefetch(c->chunk + c->used + 64, 1);
}

/* The same for a record that is not an event. */
static inline void ring_commit_note(struct ring_cursor *c, size_t bytes)
{
	c->used += (uint32_t)bytes;
	__atomic_store_n(&((struct trt_chunk *)c->chunk)->committed, c->used, __ATOMIC_RELEASE);
}

/* The thread ends: another one goes on in its chunk. */
void ring_release(struct ring_cursor *c);

/*
 * Room for a dictionary record of bytes (a multiple of 8, zeroed); NULL and a
 * count if there is none.  The caller fills all but the head, then publishes.
 */
struct trt_record *ring_record(size_t bytes);
void ring_publish(struct trt_record *record, uint8_t type, uint8_t detail, uint32_t id);

/* Something a person should know, for `traceroundtrip info`. */
void ring_note(const char *text, uint64_t now_ns);

/* Counts in the header; nothing before ring_open(). */
#define ring_count(counter)                                                                \
	do {                                                                               \
		struct trt_header *header_ = ring_header();                                \
		if (header_)                                                               \
			__atomic_fetch_add(&header_->counter, 1, __ATOMIC_RELAXED);        \
	} while (0)

#endif
