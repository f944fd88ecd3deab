/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that make processes. */
#include "preload/call.h"

/* The child notices by itself, whoever made it; but this way it knows its own id before its first event. */
HOOK pid_t fork(void)
{
	pid_t child = REAL(fork)();

	if (child == 0 && lifecycle_hooks())
		lifecycle_forked();
	return child;
}
