/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the process uses: processor time, memory, threads, sockets. */
#ifndef PRELOAD_SAMPLE_H
#define PRELOAD_SAMPLE_H

#include <stdint.h>

#include "preload/thread.h"

#define SAMPLE_NS 100000000u
extern uint64_t sample_last_ns;
void sample_now(struct thread *t, uint64_t now_ns);

/* Logs a sample among the thread's events, at most one in 100 ms of all threads. */
static inline void sample(struct thread *t, uint64_t now_ns)
{
	if (__builtin_expect(now_ns - __atomic_load_n(&sample_last_ns, __ATOMIC_RELAXED) >= SAMPLE_NS, 0))
		sample_now(t, now_ns);
}

#endif
