/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One stack of the two that an interpreted program has: the native one, in which each
 * activation of the interpreter's loop is a frame, and the language's, in which groups of
 * frames belong to one activation each.  Knows no names: what a frame is has been decided.
 */
#ifndef SYMBOLS_MERGE_H
#define SYMBOLS_MERGE_H

#include "analyzer/trace/trace.h"

/* What a native frame is to an interpreter. */
enum native_kind {
	NATIVE_FOREIGN,   /* not its code */
	NATIVE_INTERNAL,  /* its own, or of a library that it came with */
	NATIVE_LOOP,      /* runs the language's code */
	NATIVE_LOOP_TAIL, /* the same, called from the loop's first frame if that stands outside of it */
	NATIVE_SWITCH,    /* began a stack of its own: what is outside of it ran something else */
};

struct merged_frame {
	bool of_language;
	uint32_t index; /* in the native stack, or in language_stack.frames */
};

/*
 * Merges native frames, innermost first, with a language's stack; writes the frames, innermost
 * first too, to out, which has room for count + language->depth.  Each loop gives way to the next
 * group.  Groups that find no loop, as the native walk had ended, come behind the last native
 * frame; loops that find no group stay, except outside of a switch, where nothing is
 * kept.  Returns how many were written.
 */
size_t merge_stacks(const uint8_t *kinds, size_t count, const struct language_stack *language,
		    struct merged_frame *out);

#endif
