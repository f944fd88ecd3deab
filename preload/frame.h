/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The caller of an intercepted function, and what its stack is known by. */
#ifndef PRELOAD_FRAME_H
#define PRELOAD_FRAME_H

#include <stdint.h>

/*
 * The caller's registers as they were at the call: its stack pointer is the
 * canonical frame address of the function it called.
 */
struct frame {
	uintptr_t stack_pointer;
	uintptr_t return_address;
	uintptr_t frame_pointer;
};

/* What is 0 is not to be had. */
struct stack_ids {
	uint32_t native;   /* of return addresses */
	uint32_t language; /* of the frames of a language runtime */
};

/*
 * To be written in the intercepted function itself, whose frame it describes.
 * Compiled with frame pointers: the caller's is saved where ours points to.
 */
#define FRAME_OF_CALLER                                                        \
	(struct frame){                                                        \
		(uintptr_t)__builtin_dwarf_cfa(),                              \
		(uintptr_t)__builtin_return_address(0),                        \
		*(const uintptr_t *)__builtin_frame_address(0),                \
	}

#endif
