/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hands out the chunks of the trace file.
 *
 * Each chunk has a state in private memory:
 *
 *	FRESH --take--> OWNED --full--> CLOSED --recycle--> OWNED
 *	                OWNED --thread ended--> HANDED --take--> OWNED
 *	FRESH --take--> DICTIONARY, for good
 *
 * Fresh chunks are taken in order of their place in the file.  Once the file has
 * reached its limit (or the disk has), closed ones are recycled in the same
 * order, which is the order of age but for chunks that a thread held on to.
 *
 * All changes are single atomic operations that some thread always wins; a thread
 * that stops at any point (killed, or frozen by a signal handler) keeps at most
 * the chunk it was about to take.
 */
#include "preload/ring.h"

#include <string.h>

#include "preload/clock.h"
#include "preload/file.h"
#include "preload/free_list.h"
#include "preload/sys.h"

enum chunk_state { FRESH, OWNED, CLOSED, HANDED, DICTIONARY };

/* Set in next_fresh once no more fresh chunks may be taken. */
#define SEALED (1u << 31)

/* A chunk of events gets its pages so many bytes at a time. */
#define STEP_BYTES 16384u
_Static_assert(TRT_CHUNK_BYTES % STEP_BYTES == 0, "chunks are filled in whole steps");

static struct {
	uint8_t *base;          /* of the mapping; NULL: no file */
	uint32_t limit;         /* chunks in the file, the header's included */
	uint8_t *state;         /* enum chunk_state [limit] */
	uint32_t *next_handed;  /* links of the stack of handed chunks [limit] */
	uint32_t next_fresh;    /* index, or SEALED */
	uint32_t next_recycled; /* where to look for the oldest closed chunk */
	uint32_t dictionaries;  /* chunks they took; at most half of limit */
	struct free_list handed;
	uint64_t dictionary;    /* chunk index << 32 | bytes used */
	uint64_t sequence;
} ring;

struct trt_header *ring_header(void)
{
	return (struct trt_header *)__atomic_load_n(&ring.base, __ATOMIC_RELAXED);
}

static struct trt_chunk *chunk_at(uint32_t index)
{
	return (struct trt_chunk *)(ring.base + (uint64_t)index * TRT_CHUNK_BYTES);
}

static bool change_state(uint32_t index, uint8_t from, uint8_t to)
{
	return __atomic_compare_exchange_n(&ring.state[index], &from, to, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

/* Chunks ever taken, for readers: a maximum, as several threads take them at once. */
static void count_taken(uint32_t index)
{
	struct trt_header *h = ring_header();
	uint64_t seen = __atomic_load_n(&h->chunks, __ATOMIC_RELAXED);

	while (seen < index && !__atomic_compare_exchange_n(&h->chunks, &seen, index, true,
							    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static void seal(void)
{
	__atomic_fetch_or(&ring.next_fresh, SEALED, __ATOMIC_ACQ_REL);
}

/*
 * The next chunk that was never used, 0 if there is none.  Once the disk is full
 * or the process ends no other one is taken: what was sealed stays sealed, so
 * that a thread that is late cannot write beyond the end of a file cut short.
 */
static uint32_t take_fresh(enum chunk_state to)
{
	uint32_t index = __atomic_load_n(&ring.next_fresh, __ATOMIC_ACQUIRE);

	do {
		if (index >= ring.limit)
			return 0;
	} while (!__atomic_compare_exchange_n(&ring.next_fresh, &index, index + 1, true,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	if (!file_unlock(chunk_at(index), TRT_CHUNK_BYTES) ||
	    !file_populate(chunk_at(index), to == DICTIONARY ? TRT_CHUNK_BYTES : STEP_BYTES)) {
		seal();
		return 0;
	}
	__atomic_store_n(&ring.state[index], to, __ATOMIC_RELEASE);
	count_taken(index);
	return index;
}

/* The oldest closed chunk, emptied and counted as overwritten; 0 if there is none. */
static uint32_t take_closed(void)
{
	uint32_t last = (uint32_t)__atomic_load_n(&ring_header()->chunks, __ATOMIC_RELAXED);

	for (uint32_t tries = 0; tries < last; tries++) {
		uint32_t index =
			1 + __atomic_fetch_add(&ring.next_recycled, 1, __ATOMIC_RELAXED) % last;
		if (!change_state(index, CLOSED, OWNED))
			continue;
		struct trt_chunk *chunk = chunk_at(index);
		/* Before any new content: a reader that copies it meanwhile sees the change. */
		__atomic_exchange_n(&chunk->sequence, 0, __ATOMIC_ACQ_REL);
		__atomic_fetch_add(&ring_header()->overwritten_events, chunk->events,
				   __ATOMIC_RELAXED);
		ring_count(overwritten_chunks);
		return index;
	}
	return 0;
}

static uint32_t *handed_link(uint32_t index)
{
	return &ring.next_handed[index];
}

/* What a thread that ended left; 0 if there is none. */
static uint32_t take_handed(void)
{
	uint32_t index = free_list_pop(&ring.handed, handed_link);

	if (index)
		__atomic_store_n(&ring.state[index], OWNED, __ATOMIC_RELEASE);
	return index;
}

static void hand_over(uint32_t index)
{
	__atomic_store_n(&ring.state[index], HANDED, __ATOMIC_RELEASE);
	free_list_push(&ring.handed, index, handed_link(index));
}

/* Makes a taken chunk an empty one of this kind. */
static void start_chunk(uint32_t index, enum trt_chunk_kind kind, uint64_t now_ns)
{
	struct trt_chunk *chunk = chunk_at(index);

	chunk->committed = kind == TRT_CHUNK_EVENTS ? sizeof(*chunk) : 0;
	chunk->first_ns = now_ns;
	chunk->last_ns = now_ns;
	chunk->last_segment = 0;
	chunk->events = 0;
	__atomic_store_n(&chunk->kind, kind, __ATOMIC_RELEASE);
	__atomic_store_n(&chunk->sequence,
			 __atomic_add_fetch(&ring.sequence, 1, __ATOMIC_RELAXED), __ATOMIC_RELEASE);
}

/* Bytes of a chunk that have their pages if so many are in use. */
static uint32_t ready_bytes(uint32_t used)
{
	return (used + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
}

/* Room for so many bytes more, with their pages; false if the chunk, or the disk, has none. */
static bool make_ready(struct ring_cursor *c, size_t bytes)
{
	if (c->used + bytes > TRT_CHUNK_BYTES)
		return false;
	for (; c->ready < c->used + bytes; c->ready += STEP_BYTES) {
		if (!file_populate(c->chunk + c->ready, STEP_BYTES)) {
			seal();
			return false;
		}
	}
	return true;
}

/* Events of another thread follow from here; false if the chunk has no room for them. */
static bool start_segment(struct ring_cursor *c, size_t bytes, int32_t tid, uint64_t now_ns)
{
	struct trt_chunk *chunk = (struct trt_chunk *)c->chunk;

	if (!make_ready(c, sizeof(struct trt_segment) + bytes))
		return false;
	struct trt_segment *s = (struct trt_segment *)(c->chunk + c->used);
	*s = (struct trt_segment){
		.head = { sizeof(*s), TRT_RECORD_SEGMENT, 0, (uint32_t)tid },
		.previous_segment = chunk->last_segment,
		.started_ns = now_ns,
	};
	uint32_t offset = c->used;
	c->used += sizeof(*s);
	__atomic_store_n(&chunk->committed, c->used, __ATOMIC_RELEASE);
	__atomic_store_n(&chunk->last_segment, offset, __ATOMIC_RELEASE);
	return true;
}

static void point_cursor(struct ring_cursor *c, uint32_t index, uint32_t ready)
{
	c->index = index;
	c->chunk = (uint8_t *)chunk_at(index);
	c->used = chunk_at(index)->committed;
	c->ready = ready;
}

static void close_chunk(struct ring_cursor *c)
{
	if (c->chunk)
		__atomic_store_n(&ring.state[c->index], CLOSED, __ATOMIC_RELEASE);
	c->chunk = NULL;
}

void *ring_event_slow(struct ring_cursor *c, size_t bytes, int32_t tid, uint64_t now_ns)
{
	if (!ring.base)
		return NULL;
	if (c->chunk && make_ready(c, bytes))
		return c->chunk + c->used;
	close_chunk(c);
	for (uint32_t index; (index = take_handed()) != 0;) {
		point_cursor(c, index, ready_bytes(chunk_at(index)->committed));
		if (start_segment(c, bytes, tid, now_ns))
			return c->chunk + c->used;
		close_chunk(c);
	}
	uint32_t ready = STEP_BYTES;
	uint32_t index = take_fresh(OWNED);
	if (!index) {
		index = take_closed();
		if (!index)
			return NULL;
		ready = ready_bytes(chunk_at(index)->committed);
	}
	start_chunk(index, TRT_CHUNK_EVENTS, now_ns);
	point_cursor(c, index, ready);
	start_segment(c, bytes, tid, now_ns);
	return c->chunk + c->used;
}

void ring_release(struct ring_cursor *c)
{
	if (c->chunk && ring.base)
		hand_over(c->index);
	c->chunk = NULL;
}

/* A chunk for the dictionary, zeroed; 0 if it has its share of the file already. */
static uint32_t take_dictionary(void)
{
	if (__atomic_fetch_add(&ring.dictionaries, 1, __ATOMIC_RELAXED) >= ring.limit / 2)
		return 0;
	uint32_t index = take_fresh(DICTIONARY);
	if (index)
		return index;
	index = take_closed();
	if (!index)
		return 0;
	if (!file_populate(chunk_at(index), TRT_CHUNK_BYTES)) {
		start_chunk(index, TRT_CHUNK_EVENTS, clock_ns());
		hand_over(index); /* it has pages for some events */
		return 0;
	}
	/* Bytes of old events would look like records. */
	uint64_t *words = (uint64_t *)chunk_at(index);
	for (size_t i = 0; i < TRT_CHUNK_BYTES / sizeof(*words); i++)
		words[i] = 0;
	__atomic_store_n(&ring.state[index], DICTIONARY, __ATOMIC_RELEASE);
	return index;
}

/* Replaces the dictionary's full chunk; false if there is no other one. */
static bool next_dictionary(uint64_t full)
{
	uint32_t index = take_dictionary();

	if (!index) {
		__atomic_fetch_sub(&ring.dictionaries, 1, __ATOMIC_RELAXED);
		return __atomic_load_n(&ring.dictionary, __ATOMIC_ACQUIRE) != full;
	}
	start_chunk(index, TRT_CHUNK_DICTIONARY, clock_ns());
	if (__atomic_compare_exchange_n(&ring.dictionary, &full,
					(uint64_t)index << 32 | sizeof(struct trt_chunk), false,
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return true;
	/* Another thread was faster: ours serves events. */
	__atomic_fetch_sub(&ring.dictionaries, 1, __ATOMIC_RELAXED);
	start_chunk(index, TRT_CHUNK_EVENTS, clock_ns());
	hand_over(index);
	return true;
}

/* In one piece: a reader sees all of a record's head or nothing. */
static void store_head(struct trt_record *record, struct trt_record head)
{
	uint64_t word;

	__builtin_memcpy(&word, &head, sizeof(word));
	__atomic_store_n((uint64_t *)record, word, __ATOMIC_RELEASE);
}

struct trt_record *ring_record(size_t bytes)
{
	if (!ring.base)
		return NULL;
	uint64_t place = __atomic_load_n(&ring.dictionary, __ATOMIC_ACQUIRE);
	for (;;) {
		uint32_t used = (uint32_t)place;
		if (used + bytes > TRT_CHUNK_BYTES) {
			if (bytes > TRT_CHUNK_BYTES - sizeof(struct trt_chunk) ||
			    !next_dictionary(place)) {
				ring_count(lost_records);
				return NULL;
			}
			place = __atomic_load_n(&ring.dictionary, __ATOMIC_ACQUIRE);
			continue;
		}
		if (__atomic_compare_exchange_n(&ring.dictionary, &place, place + bytes, true,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			break;
	}
	struct trt_record *record =
		(struct trt_record *)((uint8_t *)chunk_at((uint32_t)(place >> 32)) + (uint32_t)place);
	/* From here on a reader can skip it, should this thread never publish it. */
	store_head(record, (struct trt_record){ (uint16_t)bytes, TRT_RECORD_PENDING, 0, 0 });
	return record;
}

void ring_publish(struct trt_record *record, uint8_t type, uint8_t detail, uint32_t id)
{
	store_head(record, (struct trt_record){ record->bytes, type, detail, id });
}

void ring_note(const char *text, uint64_t now_ns)
{
	size_t bytes = strlen(text);
	struct trt_record *record = ring_record((sizeof(struct trt_note) + bytes + 7) & ~(size_t)7);

	if (!record)
		return;
	struct trt_note *note = (struct trt_note *)record;
	note->seen_ns = now_ns;
	note->text_bytes = (uint32_t)bytes;
	memcpy(note + 1, text, bytes);
	ring_publish(record, TRT_RECORD_NOTE, 0, 0);
}

/* The tables beside the file; ring_abandon() gives them back. */
static bool make_tables(uint32_t limit)
{
	if (!ring.state)
		ring.state = sys_memory(limit);
	if (!ring.next_handed)
		ring.next_handed = sys_memory((uint64_t)limit * sizeof(*ring.next_handed));
	return ring.state && ring.next_handed;
}

const char *ring_open(void)
{
	struct file file;
	const char *failed = file_create(&file);

	if (failed)
		return failed;
	ring.limit = (uint32_t)(file.bytes / TRT_CHUNK_BYTES);
	if (!make_tables(ring.limit)) {
		file_discard(&file);
		return "there is no memory for its tables";
	}
	((struct trt_header *)file.base)->limit_bytes = file.bytes;
	ring.next_fresh = 1;
	/* The first dictionary chunk counts as full until somebody needs it. */
	ring.dictionary = TRT_CHUNK_BYTES;
	__atomic_store_n(&ring.base, file.base, __ATOMIC_RELEASE);
	return NULL;
}

void ring_abandon(void)
{
	uint8_t *base = ring.base;

	if (!base)
		return;
	__atomic_store_n(&ring.base, NULL, __ATOMIC_RELEASE);
	sys(munmap, base, (uint64_t)ring.limit * TRT_CHUNK_BYTES);
	/* A limit differs at most where the disk filled up; tables are made anew. */
	sys(munmap, ring.state, ring.limit);
	sys(munmap, ring.next_handed, (uint64_t)ring.limit * sizeof(*ring.next_handed));
	ring.state = NULL;
	ring.next_handed = NULL;
	ring.next_recycled = 0;
	ring.dictionaries = 0;
	ring.handed.top = 0;
	ring.sequence = 0;
}

void ring_close(uint64_t now_ns)
{
	if (!ring.base)
		return;
	uint32_t next = __atomic_fetch_or(&ring.next_fresh, SEALED, __ATOMIC_ACQ_REL);

	ring_header()->ended_monotonic_ns = now_ns;
	file_truncate((uint64_t)(next & ~SEALED) * TRT_CHUNK_BYTES);
}
