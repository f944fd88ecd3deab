/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One trace file as the reader keeps it: the process it tells of, its dictionary
 * and an index of its events; the events themselves stay in the file.
 */
#ifndef TRACE_LOAD_H
#define TRACE_LOAD_H

#include "analyzer/trace/file.h"
#include "analyzer/trace/idset.h"
#include "analyzer/trace/languages.h"
#include "analyzer/trace/trace.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/hash.h"
#include "preload/trace_format.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are read as they lie in memory");

/* No clock gets there: 36 years after the machine was started. */
#define TIME_LIMIT_NS (1ull << 60)

/* Consecutive events of one thread within one chunk. */
struct segment {
	uint64_t started_ns;
	uint64_t sequence;   /* of the chunk when it was indexed */
	uint32_t chunk;      /* number */
	uint32_t begin, end; /* offsets in the chunk */
	uint32_t events;
};

/* All events of one thread, in order. */
struct run {
	struct thread thread;
	struct segment *segments;
	size_t count, capacity;
	bool encloses;     /* has calls that others were made in before their moment: see cursor.h */
	UT_hash_handle hh; /* by thread.tid */
};

struct trace {
	struct process process; /* first: a process of ours is in a trace */
	struct trace_file file;
	struct arena arena;     /* what process points to */
	struct trt_header header;
	uint64_t shift_ns;      /* added to its clock to get the recording's */
	struct run *runs;       /* uthash; in order of first event once loaded */
	struct stack *stacks;   /* in order of id */
	struct languages languages;
	uint64_t missing_bytes; /* of a file that was cut short */
	uint8_t *chunk;         /* room for one, while loading */
};

static inline struct trace *trace_of(const struct process *p)
{
	return (struct trace *)p;
}

/* A clock reading of the trace on the recording's axis. */
static inline uint64_t trace_time(const struct trace *t, uint64_t ns)
{
	return ns < TIME_LIMIT_NS ? ns + t->shift_ns : UNKNOWN;
}

/*
 * Opens the file and reads its header.  Returns NULL and sets *reason to why it is
 * no trace that can be read, in words.
 */
struct trace *trace_open(const char *path, const char **reason);
/* Reads all but the events.  shift_ns is set before. */
void trace_load(struct trace *t);
void trace_free(struct trace *t);

/* A chunk in use. */
struct chunk_place {
	uint64_t sequence;
	uint32_t number; /* its offset in the file is number * TRT_CHUNK_BYTES */
};

/*
 * The steps of trace_load().  The chunks are in order of sequence; ids are those
 * of the connections that were met.
 */
void header_describe(struct trace *t);
void index_events(struct trace *t, const struct chunk_place *chunks, size_t count,
		  struct id_set *ids);
void dictionary_load(struct trace *t, const struct chunk_place *chunks, size_t count,
		     struct id_set *ids);
/* Takes the counters from the header, as they are now. */
void header_count(struct trace *t);

/* Whether the process that writes this file maps it now. */
bool trace_running(const struct trace *t);

/* The run of this thread: a new one without events if there is none. */
struct run *trace_run(struct trace *t, int32_t tid);

/* Reads the head of chunk n; false if it does not lie in the file. */
bool chunk_head(struct trace *t, uint32_t n, struct trt_chunk *head);

/* The record at data + at; NULL if the bytes up to end do not hold a whole one. */
static inline const struct trt_record *record_at(const uint8_t *data, uint32_t at, uint32_t end)
{
	const struct trt_record *r = (const void *)(data + at);

	if (at > end || end - at < sizeof(*r))
		return NULL;
	return r->bytes >= sizeof(*r) && r->bytes % 8 == 0 && r->bytes <= end - at ? r : NULL;
}

/* The connection with this id; NULL for 0 and if there is none. */
struct connection *process_connection(const struct process *p, uint32_t id);

#endif
