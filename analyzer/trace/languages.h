/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of language runtimes: what runs them, and their functions, frames and stacks. */
#ifndef TRACE_LANGUAGES_H
#define TRACE_LANGUAGES_H

#include "analyzer/trace/trace.h"
#include "preload/trace_format.h"

struct trace;

/* What a trace tells of languages; each list in order of id once it is loaded. */
struct languages {
	struct runtime *runtimes;
	size_t runtime_count, runtime_room;
	struct language_function *functions;
	size_t function_count, function_room;
	struct language_frame *frames;
	size_t frame_count, frame_room;
	struct language_stack *stacks;
	size_t stack_count, stack_room;
};

/* Keeps what a record of one of the four types tells; nothing if it makes no sense. */
void languages_read_runtime(struct trace *t, const struct trt_record *head);
void languages_read_function(struct trace *t, const struct trt_record *head);
void languages_read_frame(struct trace *t, const struct trt_record *head);
void languages_read_stack(struct trace *t, const struct trt_record *head);

/* All have been read: puts them in order and finds each frame's function. */
void languages_sort(struct trace *t);
void languages_free(struct languages *l);

#endif
