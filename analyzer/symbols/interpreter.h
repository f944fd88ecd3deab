/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is an interpreter's own on a stack, and what of a language's code is the user's. */
#ifndef SYMBOLS_INTERPRETER_H
#define SYMBOLS_INTERPRETER_H

#include "analyzer/symbols/frames.h"
#include "analyzer/symbols/merge.h"

/*
 * What a native frame at an address in memory is to what runs the language in p; function: the
 * raw name of the one that holds the address, NULL unknown.
 */
enum native_kind interpreter_kind(const struct process *p, uint32_t language, uint64_t address,
				  uint64_t ns, const char *function);

/* A language's frame as shown; "?" if its record was lost. */
const struct frame *interpreter_frame(struct frame_set *s, const struct process *p,
				      uint32_t language, uint32_t frame_id);

/*
 * In a stack, outermost first, leaves of each run of frames further in than some of the user's
 * own only the outermost: what that one called.  Leaves stacks without own
 * frames as they are.  Returns how many are left.
 */
size_t interpreter_fold(const struct frame **frames, size_t count);

#endif
