/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clock of all records: CLOCK_MONOTONIC.
 *
 * Reading it takes half of what an event costs, most of that for waiting until all
 * earlier instructions are done.  Where the kernel makes this clock from the processor's
 * cycle counter, the counter alone is read instead, and a line drawn through two
 * readings of the clock tells the time; after a millisecond the clock is read
 * again.  The error is that of reading both at once: some 20 ns.
 */
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

/*
 * The program is about to make reading the counter a SIGSEGV (PR_SET_TSC): from now on the clock is
 * read by a system call, as the kernel's function reads the counter too.
 */
void clock_forbid_ticks(void);

/* time = start_ns + ((ticks - start_ticks) * rate >> 32), for valid_ticks. */
struct clock_line {
	uint32_t version; /* odd: it is being changed */
	uint64_t start_ticks;
	uint64_t start_ns;
	uint64_t rate;
	uint64_t valid_ticks; /* 0: none */
} __attribute__((aligned(64))); /* written once in a millisecond, read by all */
extern struct clock_line clock_line;

/* Reads the clock itself, and draws the line anew. */
uint64_t clock_read_ns(void);

#if defined(__x86_64__)
#define CLOCK_HAS_TICKS 1
static inline uint64_t clock_ticks(void)
{
	return __builtin_ia32_rdtsc();
}
#else
#define CLOCK_HAS_TICKS 0 /* there the kernel's function takes no longer */
static inline uint64_t clock_ticks(void)
{
	return 0;
}
#endif

/* Async-signal-safe; leaves errno alone. */
static inline uint64_t clock_ns(void)
{
	if (!CLOCK_HAS_TICKS)
		return clock_read_ns();
	uint32_t version = __atomic_load_n(&clock_line.version, __ATOMIC_ACQUIRE);
	uint64_t valid_ticks = __atomic_load_n(&clock_line.valid_ticks, __ATOMIC_ACQUIRE);
	if (__builtin_expect(valid_ticks == 0, 0))
		return clock_read_ns(); /* the counter may be forbidden: see clock_forbid_ticks() */
	uint64_t ticks = clock_ticks() - __atomic_load_n(&clock_line.start_ticks, __ATOMIC_ACQUIRE);
	uint64_t ns = __atomic_load_n(&clock_line.start_ns, __ATOMIC_ACQUIRE) +
		      (ticks * __atomic_load_n(&clock_line.rate, __ATOMIC_ACQUIRE) >> 32);

	if (__builtin_expect(ticks < valid_ticks && !(version & 1) &&
			     version == __atomic_load_n(&clock_line.version, __ATOMIC_RELAXED), 1))
		return ns;
	return clock_read_ns();
}

#endif
