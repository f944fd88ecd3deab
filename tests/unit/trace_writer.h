/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes trace files for tests, as the library would: chunks of several threads,
 * hand-over, recycling at a limit.  Shares nothing with it but the format.
 */
#ifndef TESTS_UNIT_TRACE_WRITER_H
#define TESTS_UNIT_TRACE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/trace_format.h"

struct trace_writer;

/* One call; what is zero is left out of the record. */
struct written_event {
	int32_t tid;
	uint8_t call;
	uint32_t connection;
	uint64_t start_ns, duration_ns;
	int32_t result;
	uint64_t offset;
	uint32_t stack, language_stack;
	int32_t fd;
	uint16_t flags;
	uint64_t first_try_ns, tries, waited_ns, ready_ns;
	bool has_value;
	uint64_t value;
	const void *head, *tail;
	uint16_t head_bytes, tail_bytes;
};

/*
 * Makes the file, of at most limit_chunks chunks; its header is that of process
 * 100, "/usr/bin/tested --fast", started at 1000 ns.  Exits on errors, as all here.
 */
struct trace_writer *writer_new(const char *path, uint32_t limit_chunks);
/* To change. */
struct trt_header *writer_header(struct trace_writer *w);
void writer_command(struct trace_writer *w, const char *executable, const char *arguments,
		    size_t argument_bytes);

/* A dictionary record: copies the struct, whose head's type and id are set, and what follows it. */
void *writer_record(struct trace_writer *w, const void *record, size_t bytes, const void *more,
		    size_t more_bytes);
void writer_stack(struct trace_writer *w, uint32_t id, const uint64_t *addresses, uint32_t depth);
void writer_module(struct trace_writer *w, const char *path, uint64_t start, uint64_t end,
		   uint64_t seen_ns);

/* Returns the record in the file. */
struct trt_event *writer_event(struct trace_writer *w, const struct written_event *e);
/* A KERNEL or SAMPLE record in the thread's chunk: copies the struct, whose head is set. */
void writer_between(struct trace_writer *w, int32_t tid, const void *record, uint64_t now_ns);
/* The thread ended: the next one that needs a chunk goes on in its one. */
void writer_hand_over(struct trace_writer *w, int32_t tid);
/* Chunk n of the file, from 1; 0 is the header. */
struct trt_chunk *writer_chunk(struct trace_writer *w, uint32_t n);
uint32_t writer_chunks(const struct trace_writer *w);

/* The process exits: its file ends with its last chunk. */
void writer_close(struct trace_writer *w, uint64_t now_ns);
/* The process is killed. */
void writer_kill(struct trace_writer *w);

#endif
