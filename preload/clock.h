/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clock of all records. */
#ifndef PRELOAD_CLOCK_H
#define PRELOAD_CLOCK_H

#include <stdint.h>
#include <time.h>

/*
 * The kernel's vDSO function, or libc's own clock_gettime() where there is none: a
 * preload library that fakes times for the program does not fake ours.
 */
extern int (*clock_real)(clockid_t clock, struct timespec *time);

/* Finds it, in the constructor.  Until then the clock is read by a system call. */
void clock_resolve(void);

/* CLOCK_MONOTONIC.  Async-signal-safe; leaves errno alone. */
static inline uint64_t clock_ns(void)
{
	struct timespec t;
	clock_real(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

#endif
