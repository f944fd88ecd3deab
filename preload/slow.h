/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TRACEROUNDTRIP_SLOW: tells of slow round trips while the program runs. */
#ifndef PRELOAD_SLOW_H
#define PRELOAD_SLOW_H

#include <stdint.h>

#include "preload/call.h"
#include "preload/thread.h"

/*
 * Bytes moved on c: a round trip that has taken longer than the setting is told of
 * once, in one line on stderr, and at most ten in a second.
 */
void slow_data(struct thread *t, const struct call *call, struct connection *c,
	       enum direction direction, uint64_t end_ns);

#endif
