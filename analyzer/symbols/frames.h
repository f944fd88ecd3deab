/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames that are equal are one: the set of all there are. */
#ifndef SYMBOLS_FRAMES_H
#define SYMBOLS_FRAMES_H

#include "analyzer/symbols/symbols.h"

struct frame_set;

struct frame_set *frame_set_new(void);
void frame_set_free(struct frame_set *s);

/*
 * The frame that is equal to this one, whose groups and place need not be set and whose
 * function need only be NULL or not.  Texts are copied, and cleaned on the way, so that
 * every view may print what it gets.
 */
const struct frame *frame_intern(struct frame_set *s, const struct frame *wanted);

/*
 * In a stack, outermost first, marks the frames that only start a program or a thread:
 * _start and what libc does before main() or the thread's function; none if nothing
 * else is in the stack.
 */
void frames_mark_outer(struct frame_set *s, const struct frame **frames, size_t count);

#endif
