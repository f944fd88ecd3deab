/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ring: what threads write is what a reader finds, whatever happens to chunks.
 *
 * Each event carries its writer's number in `fd` and a running count in `offset`;
 * the test reads the chunks back as a reader of the file would.
 */
#include <pthread.h>

#include "preload/clock.h"
#include "preload/ring.h"
#include "preload/sys.h"
#include "tests/preload/file_double.h"
#include "tests/unit/tap.h"

#define WRITERS 6
#define EVENT_BYTES sizeof(struct trt_event)
#define EVENTS_A_CHUNK \
	((TRT_CHUNK_BYTES - sizeof(struct trt_chunk) - sizeof(struct trt_segment)) / EVENT_BYTES)

struct found {
	uint64_t events;
	uint64_t by_writer[WRITERS];
	uint64_t last[WRITERS]; /* highest count seen, + 1 */
	bool ordered;           /* within each chunk, per writer */
	bool whole;             /* every record well-formed */
	uint64_t segments;
	uint64_t event_chunks, dictionary_chunks;
	uint64_t stacks, pending;
};

static bool write_event(struct ring_cursor *c, int writer, uint64_t count)
{
	struct trt_event *e = ring_event(c, EVENT_BYTES, 1000 + writer, clock_ns());

	if (!e)
		return false;
	*e = (struct trt_event){
		.head = { EVENT_BYTES, TRT_RECORD_EVENT, TRT_CALL_send, 1 },
		.fd = writer,
		.offset = count,
	};
	ring_commit(c, EVENT_BYTES, count);
	return true;
}

static void read_event(struct found *f, const struct trt_event *e, uint64_t *previous)
{
	uint32_t writer = (uint32_t)e->fd;

	if (writer >= WRITERS) {
		f->whole = false;
		return;
	}
	f->events++;
	f->by_writer[writer]++;
	if (previous[writer] && e->offset + 1 <= previous[writer])
		f->ordered = false;
	previous[writer] = e->offset + 1;
	if (e->offset + 1 > f->last[writer])
		f->last[writer] = e->offset + 1;
}

static void read_event_chunk(struct found *f, const uint8_t *chunk)
{
	const struct trt_chunk *head = (const struct trt_chunk *)chunk;
	uint64_t previous[WRITERS] = { 0 };
	uint64_t events = f->events;

	for (uint32_t at = sizeof(*head); at < head->committed;) {
		const struct trt_record *r = (const struct trt_record *)(chunk + at);
		if (r->type == TRT_RECORD_EVENT)
			read_event(f, (const struct trt_event *)r, previous);
		else if (r->type == TRT_RECORD_SEGMENT)
			f->segments++;
		else
			f->whole = false;
		if (r->bytes == 0)
			break;
		at += r->bytes;
	}
	f->event_chunks++;
	if (f->events - events != head->events)
		f->whole = false;
}

static void read_dictionary_chunk(struct found *f, const uint8_t *chunk)
{
	for (uint32_t at = sizeof(struct trt_chunk); at < TRT_CHUNK_BYTES;) {
		const struct trt_record *r = (const struct trt_record *)(chunk + at);
		const struct trt_stack *s = (const struct trt_stack *)r;
		if (r->bytes == 0) {
			at += 8;
			continue;
		}
		f->stacks += r->type == TRT_RECORD_STACK;
		f->pending += r->type == TRT_RECORD_PENDING;
		if (r->type == TRT_RECORD_STACK && s->first_seen_ns != r->id * 3ull)
			f->whole = false;
		at += r->bytes;
	}
	f->dictionary_chunks++;
}

static struct found read_all(void)
{
	struct found f = { .ordered = true, .whole = true };
	const uint8_t *base = (const uint8_t *)ring_header();

	for (uint64_t i = 1; i <= ring_header()->chunks; i++) {
		const uint8_t *chunk = base + i * TRT_CHUNK_BYTES;
		uint32_t kind = ((const struct trt_chunk *)chunk)->kind;
		if (kind == TRT_CHUNK_EVENTS)
			read_event_chunk(&f, chunk);
		else if (kind == TRT_CHUNK_DICTIONARY)
			read_dictionary_chunk(&f, chunk);
	}
	return f;
}

static void open_ring(uint32_t chunks)
{
	ring_abandon();
	file_double_chunks = chunks;
	file_double_room = UINT64_MAX;
	if (ring_open())
		abort();
}

static void test_one_writer(void)
{
	struct ring_cursor c = { 0 };
	const uint64_t events = 10 * EVENTS_A_CHUNK + 5;

	open_ring(64);
	for (uint64_t i = 0; i < events; i++)
		write_event(&c, 0, i);
	struct found f = read_all();
	is_number(f.events, events, "one writer: all events are there");
	ok(f.ordered && f.whole, "in order, and whole");
	is_number(f.event_chunks, 11, "in as few chunks as they fit");
	is_number(f.segments, 11, "one segment a chunk");
	is_number(ring_header()->lost_events, 0, "none lost");
}

static void test_overwriting(void)
{
	struct ring_cursor c = { 0 };
	const uint64_t events = 100 * EVENTS_A_CHUNK;

	open_ring(9); /* 8 chunks for events */
	for (uint64_t i = 0; i < events; i++)
		write_event(&c, 0, i);
	struct found f = read_all();
	is_number(f.events + ring_header()->overwritten_events, events,
		  "overwriting: kept and overwritten events are all events");
	is_number(ring_header()->overwritten_chunks, 92, "chunks are recycled one at a time");
	is_number(f.last[0], events, "the newest event is there");
	is_number(f.events, 8 * EVENTS_A_CHUNK, "the file is full of events");
	ok(f.ordered && f.whole, "in order, and whole");
	is_number(ring_header()->chunks, 8, "the file did not grow");
}

static void test_handing_over(void)
{
	open_ring(64);
	for (uint64_t thread = 0; thread < 1000; thread++) {
		struct ring_cursor c = { 0 };
		write_event(&c, (int)(thread % WRITERS), thread);
		ring_release(&c);
	}
	struct found f = read_all();
	is_number(f.events, 1000, "a thousand short threads: all events");
	is_number(f.segments, 1000, "a segment each");
	ok(f.event_chunks <= 2, "in the room of one");
}

static void test_full_disk(void)
{
	struct ring_cursor c = { 0 }, late = { 0 };

	open_ring(1000);
	file_double_room = 3 * TRT_CHUNK_BYTES;
	for (uint64_t i = 0; i < 10 * EVENTS_A_CHUNK; i++)
		if (!write_event(&c, 0, i))
			abort();
	struct found f = read_all();
	is_number(f.event_chunks, 3, "full disk: the ring goes on in what it has");
	is_number(f.last[0], 10 * EVENTS_A_CHUNK, "with the newest events");
	file_double_room = 100 * TRT_CHUNK_BYTES;
	ok(write_event(&late, 1, 0), "another thread gets the oldest chunk");
	is_number(read_all().event_chunks, 3, "nothing is taken anew when there is room again");
	struct ring_cursor third = { 0 }, fourth = { 0 };
	ok(write_event(&third, 2, 0) && !write_event(&fourth, 3, 0),
	   "a thread for which no chunk is left is told");
}

static struct trt_record *write_stack(uint32_t id, size_t depth)
{
	struct trt_record *r = ring_record(sizeof(struct trt_stack) + 8 * depth);

	if (!r)
		return NULL;
	((struct trt_stack *)r)->first_seen_ns = id * 3ull;
	((struct trt_stack *)r)->depth = (uint32_t)depth;
	ring_publish(r, TRT_RECORD_STACK, 0, id);
	return r;
}

static void test_steps(void)
{
	struct ring_cursor c = { 0 };

	open_ring(1000);
	file_double_room = TRT_CHUNK_BYTES;
	write_event(&c, 0, 0);
	ok(file_double_room >= TRT_CHUNK_BYTES / 2, "a few events take a part of a chunk from the disk");
	file_double_room += TRT_CHUNK_BYTES;
	for (uint64_t i = 1; i < 10 * EVENTS_A_CHUNK; i++)
		if (!write_event(&c, 0, i))
			abort();
	is_number(file_double_room, 0, "many take all of it");

	open_ring(1000);
	c = (struct ring_cursor){ 0 };
	file_double_room = 5 * TRT_CHUNK_BYTES / 2;
	for (uint64_t i = 0; i < 10 * EVENTS_A_CHUNK; i++)
		if (!write_event(&c, 0, i))
			abort();
	struct found f = read_all();
	ok(f.whole && f.last[0] == 10 * EVENTS_A_CHUNK,
	   "a disk that is full in the middle of a chunk: the newest events are there");
	is_number(write_stack(1, 10) != NULL, 0, "half a chunk is none for the dictionary");
	ok(write_event(&c, 0, 10 * EVENTS_A_CHUNK), "and serves events again");
}

static void test_closing(void)
{
	struct ring_cursor c = { 0 };

	open_ring(64);
	for (uint64_t i = 0; i < 2 * EVENTS_A_CHUNK; i++)
		write_event(&c, 0, i);
	ring_close(77);
	is_number(file_double_truncated, 3 * TRT_CHUNK_BYTES, "closing: the file is cut");
	is_number(ring_header()->ended_monotonic_ns, 77, "and says when it ended");
	for (uint64_t i = 0; i < 9 * EVENTS_A_CHUNK; i++)
		write_event(&c, 0, 2 * EVENTS_A_CHUNK + i);
	is_number(ring_header()->chunks, 2, "a thread that goes on stays within the file");
}

static void test_dictionary(void)
{
	open_ring(20);
	ring_record(64); /* a writer that dies before it publishes */
	uint32_t written = 0;
	while (write_stack(written + 1, written % 50))
		written++;
	struct found f = read_all();
	is_number(f.stacks, written, "dictionary: all published records are there");
	is_number(f.pending, 1, "the unfinished one can be skipped");
	ok(f.whole, "each is whole");
	is_number(f.dictionary_chunks, 10, "it takes half of the file at most");
	is_number(ring_header()->lost_records, 1, "what has no room is counted");
	struct ring_cursor c = { 0 };
	ok(write_event(&c, 0, 0), "and leaves the other half to events");
}

static void test_dictionary_over_events(void)
{
	struct ring_cursor c = { 0 };

	open_ring(5);
	for (uint64_t i = 0; i < 40 * EVENTS_A_CHUNK; i++)
		write_event(&c, 0, i);
	ok(write_stack(7, 3) != NULL, "a dictionary record finds room where events were");
	struct found f = read_all();
	is_number(f.stacks, 1, "and is all that is found there");
	ok(f.whole, "nothing of the old events looks like a record");
}

struct job {
	int writer;
	uint64_t events;
	uint64_t lost;
	bool short_lived;
};

static void *write_many(void *argument)
{
	struct job *job = argument;
	struct ring_cursor c = { 0 };

	for (uint64_t i = 0; i < job->events; i++) {
		if (!write_event(&c, job->writer, i))
			job->lost++;
		if (i % 97 == 0)
			write_stack((uint32_t)((uint64_t)job->writer * 1000000 + i + 1), i % 40);
		if (job->short_lived && i % 50 == 0)
			ring_release(&c);
	}
	ring_release(&c);
	return NULL;
}

static void run_writers(struct job *jobs, uint64_t events)
{
	pthread_t threads[WRITERS];

	for (int i = 0; i < WRITERS; i++) {
		jobs[i] = (struct job){ .writer = i, .events = events, .short_lived = i % 2 };
		pthread_create(&threads[i], NULL, write_many, &jobs[i]);
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
}

static void test_threads(uint32_t chunks, const char *what)
{
	struct job jobs[WRITERS];
	const uint64_t events = 60000;
	uint64_t lost = 0;

	open_ring(chunks);
	run_writers(jobs, events);
	struct found f = read_all();
	for (int i = 0; i < WRITERS; i++)
		lost += jobs[i].lost;
	is_number(f.events + ring_header()->overwritten_events + lost, WRITERS * events,
		  what);
	ok(f.whole, "every record is whole");
	is_number(f.stacks + ring_header()->lost_records, WRITERS * (events / 97 + 1),
		  "every dictionary record is there, or counted");
	if (ring_header()->overwritten_events == 0)
		ok(f.ordered, "each writer's events are in order in each chunk");
}

int main(void)
{
	clock_resolve();
	test_one_writer();
	test_overwriting();
	test_handing_over();
	test_full_disk();
	test_steps();
	test_closing();
	test_dictionary();
	test_dictionary_over_events();
	test_threads(1000, "six threads with room: all events are there");
	test_threads(40, "six threads without room: events are there, or counted");
	return done_testing();
}
