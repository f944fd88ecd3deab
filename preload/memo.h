/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Remembers whole stacks, per thread, so that most captures need no unwinding.
 *
 * An entry is keyed by the caller's registers at the call.  It lists the stack
 * slots from which the rest of the stack follows, with what they held: the saved
 * return address of each frame, and the saved frame pointer where an outer
 * frame's address is counted from it.  If all hold the same, it is the same stack:
 *
 *	The caller's pc and registers fix where its own return address is saved (an
 *	offset from the stack pointer, or from the frame pointer); the value there
 *	is compared, so that the next frame's pc is the same, and with it where its
 *	return address is saved; and so on outwards.
 *
 * Slots are compared from the inside out up to the first difference, so that each
 * one read lies in a frame that is known to be live.  Frames with other rules make
 * a stack one that is not remembered.
 */
#ifndef PRELOAD_MEMO_H
#define PRELOAD_MEMO_H

#include <stddef.h>
#include <stdint.h>

#include "preload/frame.h"

struct memo;

/* A new one, or NULL without memory.  Belongs to one thread. */
struct memo *memo_new(void);

/* Room for TRT_STACK_DEPTH_MAX addresses, for the thread that owns the memo. */
uintptr_t *memo_scratch(struct memo *m);

/* The id of the stack outside of this call, 0 if it is not remembered. */
uint32_t memo_find(struct memo *m, const struct frame *caller, uint32_t generation);

/*
 * The stack was unwound and had this depth.  Remembers it at the second sight of its
 * key, so that programs whose stacks always change pay little.
 */
void memo_learn(struct memo *m, const struct frame *caller, size_t depth, uint32_t id);

#endif
