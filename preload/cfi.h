/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a frame keeps its caller's state, by the call frame information that
 * compilers leave in .eh_frame (DWARF 5, section 6.4; Linux Standard Base Core
 * 5.0, chapter 10).  Takes no lock, allocates nothing, opens nothing.
 */
#ifndef PRELOAD_CFI_H
#define PRELOAD_CFI_H

#include <stdbool.h>
#include <stdint.h>

/* What an offset counts from. */
enum frame_base {
	BASE_CFA,           /* the canonical frame address: the stack pointer before the call */
	BASE_STACK_POINTER, /* as it is in this frame */
	BASE_FRAME_POINTER, /* as it is in this frame */
};

/*
 * The canonical frame address (CFA) is the stack or the frame pointer plus an offset, or
 * what is stored there; the return address and the caller's frame pointer are stored
 * at offsets from one of the three.
 */
struct frame_rule {
	int32_t cfa_offset;
	int32_t return_address_offset;
	int32_t frame_pointer_offset;
	uint8_t cfa_base : 2, return_address_base : 2, frame_pointer_base : 2; /* enum frame_base */
	bool cfa_is_stored : 1;
	bool saves_frame_pointer : 1;
	bool outermost : 1; /* it has no caller: nothing else is set */
	bool signal : 1;    /* it was not called but interrupted its caller */
	bool plain : 1;     /* none of the above, and all that is stored is so from the CFA on */
};
_Static_assert(sizeof(struct frame_rule) <= 16, "rules are kept by the thousand");

/*
 * The rule for the instruction at pc.  False if there is none, or none of the kinds
 * above.
 */
bool cfi_rule(uintptr_t pc, struct frame_rule *rule);

#endif
