/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that make processes. */
#include "preload/call.h"
#include "preload/thread.h"

/*
 * The child notices by itself (lifecycle_trace).  All there is to do is to let
 * other threads come out of libunwind, whose locks would stay locked in the child.
 */
HOOK pid_t fork(void)
{
	if (lifecycle_hooks())
		thread_await_unwinding();
	return REAL(fork)();
}
