/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions, frames and stacks of a language: each distinct one is written to the trace once
 * and known by a number.
 *
 * They are told apart by what they say: a function that a program makes anew a thousand times
 * (exec() of the same text) is one function.  Numbers are places in tables, known before
 * the record is written, so that no thread ever waits for another.  All functions here may run
 * in signal handlers.
 */
#ifndef PRELOAD_LANGUAGE_H
#define PRELOAD_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/trace_format.h"

/* Once a runtime is found.  False without memory. */
bool language_init(void);

/* The trace is new: nothing has been written to it. */
void language_forget(void);

struct language_text {
	const char *start;
	uint16_t bytes;
};

/* Ids; 0 if the table is full. */
uint32_t language_function(enum trt_language language, struct language_text name,
			   struct language_text file, uint32_t first_line);
/* line 0: none */
uint32_t language_frame(enum trt_language language, uint32_t function, uint32_t line);
/* frames: as in struct trt_language_stack */
uint32_t language_stack(enum trt_language language, const uint32_t *frames, size_t depth,
			bool cut_short);

#endif
