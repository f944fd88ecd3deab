/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks the stack.
 *
 * Not with libunwind: version 1.6 keeps a pipe open and writes to it by number to try
 * addresses, which hits the program's own descriptors once it has closed ours and
 * got the numbers again; and on a cache miss it takes locks, its own and the
 * loader's, that a child of fork() can inherit locked.  See docs/design.md.
 *
 * Frames without call frame information end the walk: no address is ever guessed.
 */
#ifndef PRELOAD_UNWIND_H
#define PRELOAD_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/cfi.h"
#include "preload/frame.h"

/* In the constructor.  Without memory every rule is found anew each time. */
void unwind_init(void);

/* The registers of a frame that a rule is applied to. */
struct unwind_state {
	uintptr_t pc; /* an address of the instruction that called, or was interrupted */
	uintptr_t stack_pointer;
	uintptr_t frame_pointer;
	uintptr_t limit; /* stacks end below; 0: unknown */
};

/* The state in the caller of an intercepted function. */
struct unwind_state unwind_start(const struct frame *caller);

/* cfi_rule() for the state's pc, remembered. */
bool unwind_rule(const struct unwind_state *s, struct frame_rule *rule);

/*
 * Where a frame's caller's registers are stored: the addresses are within the stack.
 * False if they cannot be.
 */
struct unwind_slots {
	uintptr_t cfa;
	uintptr_t return_address;
	uintptr_t frame_pointer; /* 0: not stored, it still has the caller's value */
};
bool unwind_slots(const struct unwind_state *s, const struct frame_rule *rule,
		  struct unwind_slots *slots);

/* Goes to the caller; its return address, as stacks record it. */
uintptr_t unwind_step(struct unwind_state *s, const struct frame_rule *rule,
		      const struct unwind_slots *slots);

/*
 * The return addresses from the caller outwards, at most max of them; *cut_short tells
 * whether there are more, or may be.  Of a frame that a signal interrupted it is the
 * instruction's address + 1, so that the address - 1 is always in the calling, or
 * interrupted, instruction.
 */
size_t unwind_stack(const struct frame *caller, uintptr_t *addresses, size_t max, bool *cut_short);

/*
 * Whether a call was made within another one of this thread, both told by their callers.  Where
 * a frame between the two cannot be walked, nothing speaks against it.
 */
bool unwind_within(const struct frame *inner, const struct frame *outer);

#endif
