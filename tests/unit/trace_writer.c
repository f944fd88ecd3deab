/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes trace files for tests. */
#include "tests/unit/trace_writer.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct trace_writer {
	int fd;
	uint8_t *base;
	uint32_t limit;
	uint32_t used;       /* chunks, the header's included */
	uint64_t sequence;
	uint32_t dictionary; /* chunk being filled; 0: none */
	uint32_t dictionary_used;
	uint32_t handed;     /* chunk that waits for its next thread; 0: none */
	uint32_t *owned;     /* by thread id: the chunk it appends to; 0: none */
	size_t owned_count;
};

struct trt_header *writer_header(struct trace_writer *w)
{
	return (struct trt_header *)(void *)w->base;
}

struct trt_chunk *writer_chunk(struct trace_writer *w, uint32_t n)
{
	return (struct trt_chunk *)(void *)(w->base + (size_t)n * TRT_CHUNK_BYTES);
}

uint32_t writer_chunks(const struct trace_writer *w)
{
	return w->used;
}

void writer_command(struct trace_writer *w, const char *executable, const char *arguments,
		    size_t argument_bytes)
{
	struct trt_header *h = writer_header(w);

	h->executable_bytes = (uint32_t)strlen(executable);
	h->command_bytes = (uint32_t)argument_bytes;
	memcpy(w->base + TRT_EXECUTABLE_OFFSET, executable, h->executable_bytes);
	memcpy(w->base + TRT_COMMAND_OFFSET, arguments, argument_bytes);
}

struct trace_writer *writer_new(const char *path, uint32_t limit_chunks)
{
	static const char arguments[] = "tested\0--fast";
	struct trace_writer *w = calloc(1, sizeof(*w));
	size_t bytes = (size_t)limit_chunks * TRT_CHUNK_BYTES;

	if (!w)
		err(1, "calloc");
	w->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (w->fd < 0 || ftruncate(w->fd, (off_t)bytes) != 0)
		err(1, "%s", path);
	w->base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	if (w->base == MAP_FAILED)
		err(1, "mmap %s", path);
	w->limit = limit_chunks;
	w->used = 1;
	*writer_header(w) = (struct trt_header){
		.magic = TRT_MAGIC,
		.byte_order = TRT_BYTE_ORDER,
		.version = TRT_VERSION,
		.oldest_reader = TRT_OLDEST_READER,
		.chunk_bytes = TRT_CHUNK_BYTES,
		.page_bytes = 4096,
		.machine = 62,
		.detail = TRT_DETAIL_MEDIUM,
		.stack_depth = 64,
		.capture_bytes = 256,
		.pid = 100,
		.parent_pid = 1,
		.uid = 1000,
		.created_monotonic_ns = 1000,
		.created_realtime_ns = 1700000000000001000,
		.process_started_ns = 1000,
		.limit_bytes = bytes,
		.boot_id = "0123456789abcde",
		.host_name = "tester",
	};
	writer_command(w, "/usr/bin/tested", arguments, sizeof(arguments));
	return w;
}

/* The event chunk that was taken first. */
static uint32_t oldest_chunk(struct trace_writer *w)
{
	uint32_t oldest = 0;

	for (uint32_t n = 1; n < w->used; n++) {
		const struct trt_chunk *c = writer_chunk(w, n);

		if (c->kind == TRT_CHUNK_EVENTS &&
		    (!oldest || c->sequence < writer_chunk(w, oldest)->sequence))
			oldest = n;
	}
	if (!oldest)
		errx(1, "the trace is full");
	for (size_t i = 0; i < w->owned_count; i++)
		if (w->owned[i] == oldest)
			w->owned[i] = 0;
	if (w->handed == oldest)
		w->handed = 0;
	return oldest;
}

static uint32_t take_chunk(struct trace_writer *w, enum trt_chunk_kind kind, uint64_t now_ns)
{
	uint32_t n = w->used < w->limit ? w->used++ : oldest_chunk(w);
	struct trt_chunk *c = writer_chunk(w, n);

	if (c->kind) {
		writer_header(w)->overwritten_events += c->events;
		writer_header(w)->overwritten_chunks++;
	}
	writer_header(w)->chunks = w->used - 1;
	*c = (struct trt_chunk){
		.kind = kind,
		.committed = kind == TRT_CHUNK_EVENTS ? sizeof(*c) : 0,
		.sequence = ++w->sequence,
		.first_ns = now_ns,
		.last_ns = now_ns,
	};
	return n;
}

void *writer_record(struct trace_writer *w, const void *record, size_t bytes, const void *more,
		    size_t more_bytes)
{
	size_t all = (bytes + more_bytes + 7) & ~(size_t)7;
	uint8_t *place;

	if (!w->dictionary || w->dictionary_used + all > TRT_CHUNK_BYTES) {
		w->dictionary = take_chunk(w, TRT_CHUNK_DICTIONARY, 1000);
		w->dictionary_used = sizeof(struct trt_chunk);
	}
	place = (uint8_t *)writer_chunk(w, w->dictionary) + w->dictionary_used;
	w->dictionary_used += (uint32_t)all;
	memcpy(place, record, bytes);
	if (more_bytes)
		memcpy(place + bytes, more, more_bytes);
	((struct trt_record *)(void *)place)->bytes = (uint16_t)all;
	return place;
}

void writer_stack(struct trace_writer *w, uint32_t id, const uint64_t *addresses, uint32_t depth)
{
	struct trt_stack s = {
		.head = { .type = TRT_RECORD_STACK, .id = id },
		.first_seen_ns = 1000,
		.depth = depth,
	};

	writer_record(w, &s, sizeof(s), addresses, depth * sizeof(*addresses));
}

void writer_module(struct trace_writer *w, const char *path, uint64_t start, uint64_t end,
		   uint64_t seen_ns)
{
	struct trt_module m = {
		.head = { .type = TRT_RECORD_MODULE, .detail = 4, .id = 1 },
		.seen_ns = seen_ns,
		.load_bias = start,
		.start = start,
		.end = end,
		.path_bytes = (uint32_t)strlen(path),
	};
	char more[4 + 256] = "\xde\xad\xbe\xef";

	if (m.path_bytes > sizeof(more) - 4)
		errx(1, "the path is too long");
	memcpy(more + 4, path, m.path_bytes);
	writer_record(w, &m, sizeof(m), more, 4 + m.path_bytes);
}

static uint32_t *owned_by(struct trace_writer *w, int32_t tid)
{
	size_t count = (size_t)tid + 1;

	if (tid < 0 || tid > 1 << 20)
		errx(1, "no such thread: %d", tid);
	if (count > w->owned_count) {
		w->owned = reallocarray(w->owned, count, sizeof(*w->owned));
		if (!w->owned)
			err(1, "reallocarray");
		memset(w->owned + w->owned_count, 0, (count - w->owned_count) * sizeof(*w->owned));
		w->owned_count = count;
	}
	return &w->owned[tid];
}

static void *append(struct trt_chunk *c, uint32_t bytes)
{
	void *place = (uint8_t *)c + c->committed;

	c->committed += bytes;
	return place;
}

static void start_segment(struct trt_chunk *c, int32_t tid, uint64_t now_ns)
{
	uint32_t at = c->committed;
	struct trt_segment *s = append(c, sizeof(*s));

	*s = (struct trt_segment){
		.head = { .bytes = sizeof(*s), .type = TRT_RECORD_SEGMENT, .id = (uint32_t)tid },
		.previous_segment = c->last_segment,
		.started_ns = now_ns,
	};
	c->last_segment = at;
}

/* The thread's chunk with room for a record: its own, one handed over, or a new one. */
static struct trt_chunk *chunk_for(struct trace_writer *w, int32_t tid, uint32_t bytes,
				   uint64_t now_ns)
{
	const uint32_t room = TRT_CHUNK_BYTES - bytes;
	uint32_t *chunk = owned_by(w, tid);

	if (*chunk && writer_chunk(w, *chunk)->committed <= room)
		return writer_chunk(w, *chunk);
	*chunk = 0;
	if (w->handed && writer_chunk(w, w->handed)->committed + sizeof(struct trt_segment) <= room)
		*chunk = w->handed;
	w->handed = 0;
	if (!*chunk)
		*chunk = take_chunk(w, TRT_CHUNK_EVENTS, now_ns);
	start_segment(writer_chunk(w, *chunk), tid, now_ns);
	return writer_chunk(w, *chunk);
}

void writer_hand_over(struct trace_writer *w, int32_t tid)
{
	uint32_t *chunk = owned_by(w, tid);

	w->handed = *chunk;
	*chunk = 0;
}

/* The optional fields of 8 bytes, in order; their bits, and how many there are. */
static unsigned int fields_of(const struct written_event *e, uint64_t *values, uint16_t *bits)
{
	const uint64_t all[] = {
		[TRT_FIELD_DURATION] = e->duration_ns >= UINT32_MAX ? e->duration_ns : 0,
		[TRT_FIELD_FIRST_TRY] = e->first_try_ns,
		[TRT_FIELD_TRIES] = e->tries,
		[TRT_FIELD_WAITED] = e->waited_ns,
		[TRT_FIELD_READY] = e->ready_ns,
		[TRT_FIELD_VALUE] = e->value,
	};
	unsigned int count = 0;

	*bits = 0;
	for (unsigned int i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i] || (i == TRT_FIELD_VALUE && e->has_value)) {
			values[count++] = all[i];
			*bits |= (uint16_t)(1u << i);
		}
	return count;
}

static void write_payload(struct trt_payload *p, const struct written_event *e)
{
	uint8_t *bytes = (uint8_t *)(p + 1);

	*p = (struct trt_payload){ .head_bytes = e->head_bytes, .tail_bytes = e->tail_bytes };
	memcpy(bytes, e->head, e->head_bytes);
	if (e->tail_bytes)
		memcpy(bytes + e->head_bytes, e->tail, e->tail_bytes);
}

struct trt_event *writer_event(struct trace_writer *w, const struct written_event *e)
{
	uint64_t values[8], end_ns = e->start_ns + e->duration_ns;
	uint16_t bits;
	unsigned int count = fields_of(e, values, &bits);
	size_t payload = sizeof(struct trt_payload) + e->head_bytes + e->tail_bytes;
	size_t bytes = sizeof(struct trt_event) + 8 * count +
		       (e->head_bytes ? (payload + 7) & ~(size_t)7 : 0);
	struct trt_chunk *c = chunk_for(w, e->tid, (uint32_t)bytes, end_ns);
	struct trt_event *record = append(c, (uint32_t)bytes);

	*record = (struct trt_event){
		.head = { (uint16_t)bytes, TRT_RECORD_EVENT, e->call, e->connection },
		.start_ns = e->start_ns,
		.duration_ns = e->duration_ns >= UINT32_MAX ? UINT32_MAX : (uint32_t)e->duration_ns,
		.result = e->result,
		.offset = e->offset,
		.stack = e->stack,
		.language_stack = e->language_stack,
		.fd = e->fd,
		.fields = bits,
		.flags = e->flags,
	};
	memcpy(record + 1, values, 8 * count);
	if (e->head_bytes) {
		record->fields |= (uint16_t)(1u << TRT_FIELD_PAYLOAD);
		write_payload((void *)((uint64_t *)(record + 1) + count), e);
	}
	c->events++;
	if (end_ns > c->last_ns)
		c->last_ns = end_ns;
	return record;
}

void writer_between(struct trace_writer *w, int32_t tid, const void *record, uint64_t now_ns)
{
	const struct trt_record *head = record;

	memcpy(append(chunk_for(w, tid, head->bytes, now_ns), head->bytes), record, head->bytes);
}

static void finish(struct trace_writer *w)
{
	munmap(w->base, (size_t)w->limit * TRT_CHUNK_BYTES);
	close(w->fd);
	free(w->owned);
	free(w);
}

void writer_close(struct trace_writer *w, uint64_t now_ns)
{
	writer_header(w)->ended_monotonic_ns = now_ns;
	if (ftruncate(w->fd, (off_t)w->used * TRT_CHUNK_BYTES) != 0)
		err(1, "ftruncate");
	finish(w);
}

void writer_kill(struct trace_writer *w)
{
	finish(w);
}
