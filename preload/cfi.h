/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a frame keeps its caller's state, by the call frame information that
 * compilers leave in .eh_frame (DWARF 5, section 6.4; Linux Standard Base Core
 * 5.0, chapter 10).  Used to learn which stack slots a remembered stack depends
 * on; never on the path of a remembered one.
 */
#ifndef PRELOAD_CFI_H
#define PRELOAD_CFI_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The frame's canonical address (CFA) is the stack or the frame pointer plus an
 * offset; the return address and the caller's frame pointer lie at offsets from it.
 */
struct frame_rule {
	bool outermost;     /* it has no caller: nothing below is set */
	bool by_frame_pointer;
	bool saves_frame_pointer;
	int32_t cfa_offset;
	int32_t return_address_offset;
	int32_t frame_pointer_offset;
};

/*
 * The rule for the instruction before return address pc.  False if there is none
 * or if it is of another kind (expressions, registers, signal frames): such a frame
 * cannot be vouched for.  Takes no lock, allocates nothing.
 */
bool cfi_rule(uintptr_t pc, struct frame_rule *rule);

#endif
