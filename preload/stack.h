/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes stacks and gives each distinct one a number. */
#ifndef PRELOAD_STACK_H
#define PRELOAD_STACK_H

#include <stddef.h>
#include <stdint.h>

#include "preload/frame.h"
#include "preload/runtime.h"
#include "preload/thread.h"
#include "preload/trace_format.h"

/* In the constructor: gets ready, unless the settings want no stacks. */
void stack_init(void);

/* The trace is new: no stack has been written to it. */
void stack_forget(void);

/* Whether there are stacks, and if not, why. */
extern enum trt_stacks stack_state;

uint32_t stack_take(struct thread *t, const struct frame *caller, uint64_t now_ns);

/* The stacks outside of an intercepted function, from its caller outwards. */
static inline struct stack_ids stack_capture(struct thread *t, const struct frame *caller,
					     uint64_t now_ns)
{
	struct stack_ids ids = { 0 };

	if (stack_state != TRT_STACKS_ON)
		return ids;
	ids.native = stack_take(t, caller, now_ns);
	ids.language = runtime_capture(t);
	return ids;
}

/* The addresses of the stack, *addresses in the memo's scratch; how many.  For _SLOW. */
size_t stack_unwind(struct thread *t, const struct frame *caller, uintptr_t **addresses);

#endif
