/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of the process: start, first socket call, fork, end. */
#ifndef PRELOAD_LIFECYCLE_H
#define PRELOAD_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

/* Set by the constructor; cleared for good when something fails. */
extern bool lifecycle_hooking;

/* What has become of this process's trace file. */
enum trace_state {
	TRACE_FORKED,  /* this is the child of a fork, and holds its parent's things */
	TRACE_NONE,    /* no socket call so far */
	TRACE_OPENING, /* one thread makes the file */
	TRACE_OPEN,
};

/*
 * Points to enum trace_state in a page that every kind of fork empties for the
 * child (MADV_WIPEONFORK): raw clone() and fork() in a handler included.
 */
extern uint32_t *lifecycle_trace;

/* Is there anything for a hook to do? */
static inline bool lifecycle_hooks(void)
{
	return __builtin_expect(lifecycle_hooking, 1);
}

/* Is there a trace of this very process already?  Only where lifecycle_hooks(). */
static inline bool lifecycle_traced(void)
{
	return __atomic_load_n(lifecycle_trace, __ATOMIC_ACQUIRE) == TRACE_OPEN;
}

bool lifecycle_ready_slow(void);

/*
 * Is there a trace of this very process?  Makes it if this is the process's first
 * event, or waits while another thread does.  False if it cannot be made, or if
 * that takes too long, or if this signal handler interrupted it: the event is lost,
 * and counted.  Only where lifecycle_hooks().
 */
static inline bool lifecycle_ready(void)
{
	return __builtin_expect(lifecycle_traced(), 1) ||
	       lifecycle_ready_slow();
}

/*
 * Is this another process that uses our memory, as a vfork() child does?  Then
 * the descriptors it closes are not those in our table.  One system call.
 */
bool lifecycle_borrowed(void);

/* An event was lost where the trace's own count cannot be reached. */
void lifecycle_missed(void);
extern uint64_t lifecycle_missed_events;
/* Adds those to the count in the trace, which is open. */
void lifecycle_count_missed(void);

/*
 * The process is about to give up rights or its root folder: what it will need its trace
 * for, it may not be able to make then.  Makes it now if it has sockets, or if it is
 * root: then it may be a server that listens as somebody else, as memcached does.
 */
void lifecycle_prepare(void);

/*
 * The process goes into a sandbox by prctl() or seccomp(): from here on a system call of
 * ours may be what it is killed for.  Turns tracing off; call it before the real call.
 * False if there is nothing to turn off, or the process only shares our memory.
 */
bool lifecycle_sandbox(void);

/* It did not: tracing goes on. */
void lifecycle_sandbox_failed(void);

/* It did: the trace says so. */
void lifecycle_sandboxed(void);

/* This is the child of fork(): the descriptors are its own from here on. */
void lifecycle_forked(void);

/* One line on stderr, the only one of this process; not when quiet. */
void lifecycle_say(const char *what, const char *reason);

#endif
