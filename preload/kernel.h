/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel knows of a connection: round-trip time, retransmissions, its own byte counts. */
#ifndef PRELOAD_KERNEL_H
#define PRELOAD_KERNEL_H

#include <stdint.h>

#include "preload/connections.h"
#include "preload/thread.h"

#define KERNEL_VIEW_NS 100000000u
/* Of a thread's connections together: three system calls at most each time. */
#define KERNEL_VIEWS_APART_NS 1000000u
void kernel_view_now(struct thread *t, struct connection *c, int fd, uint64_t now_ns);

/*
 * Logs it among the thread's events, at most once in 100 ms of the connection's use; of a
 * Unix socket, asks for the other end.
 */
static inline void kernel_view(struct thread *t, struct connection *c, int fd, uint64_t now_ns)
{
	bool due = now_ns - c->kernel_ns >= KERNEL_VIEW_NS;

	if (__builtin_expect(due, 0) &&
	    (!c->kernel_ns || thread_may_ask(&t->viewed_ns, KERNEL_VIEWS_APART_NS, now_ns)))
		kernel_view_now(t, c, fd, now_ns);
}

/*
 * Sets how far the streams of a TCP socket are that others have used before.  False if the
 * kernel does not say; they then count from here.
 */
bool kernel_offsets(struct connection *c, int fd);

/* Before a close: logs it where it survives the overwriting of events. */
void kernel_last_view(const struct connection *c, int fd, uint64_t now_ns);

#endif
