/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of the process. */
#include "preload/lifecycle.h"

#include <errno.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "preload/blind.h"
#include "preload/clock.h"
#include "preload/config.h"
#include "preload/connections.h"
#include "preload/epoll.h"
#include "preload/event.h"
#include "preload/file.h"
#include "preload/identity.h"
#include "preload/message.h"
#include "preload/modules.h"
#include "preload/real.h"
#include "preload/ring.h"
#include "preload/sample.h"
#include "preload/scope.h"
#include "preload/stack.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/thread.h"
#include "preload/tls.h"

bool lifecycle_hooking;
uint32_t *lifecycle_trace;

#define OPENING_NS_MAX 100000000u

/*
 * The word beside the state in the page that forks empty: the process whose memory
 * this is; 0 in a child that was not made by fork(), until its first event.
 */
#define OWNER 1

uint64_t lifecycle_missed_events; /* not yet in the trace's count */
static bool gave_up_waiting;   /* whoever made the file is gone, or the disk hangs */

void lifecycle_say(const char *what, const char *reason)
{
	static uint32_t said;
	char line[1024];

	if (__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED))
		return;
	struct text t = text_into(line, sizeof(line) - 1);
	text_add(&t, "traceroundtrip: ");
	text_add(&t, what);
	text_add(&t, reason);
	line[t.used++] = '\n';
	message_write(line, t.used);
}

static void say_untraced(const char *reason)
{
	char what[512];
	struct text t = text_into(what, sizeof(what));

	text_add(&t, "process ");
	text_add_number(&t, (uint64_t)sys(getpid));
	text_add(&t, " runs untraced, cannot write to ");
	text_add(&t, config.output);
	text_add(&t, ": ");
	lifecycle_say(what, reason);
}

/* The file and what every trace starts with. */
static bool open_trace(bool forked)
{
	const char *failed = ring_open();

	if (failed) {
		say_untraced(failed);
		return false;
	}
	identity_write(ring_header(), stack_state);
	modules_log();
	if (forked)
		connections_log(true);
	return true;
}

/*
 * In the child of a fork, at its first event: what we hold belongs to the parent.
 * Its file is unmapped untouched.  Only the forking thread exists here; others
 * that the child may have started since are kept out by TRACE_OPENING.
 */
static void leave_parent(void)
{
	ring_abandon();
	thread_forked();
	stack_forget();
	lifecycle_forked();
	lifecycle_missed_events = 0;
	sample_last_ns = 0;
	identity_started(clock_ns());
}

/* This thread makes the file: a handler that interrupts it must not wait for it. */
static THREAD_LOCAL bool opening_here;

/*
 * Another thread makes the file.  It needs a fraction of a millisecond and waits
 * for nothing but the disk; after OPENING_NS_MAX the event is given up.
 */
static bool await_opening(void)
{
	uint64_t deadline_ns = clock_ns() + OPENING_NS_MAX;

	while (!opening_here && !gave_up_waiting && lifecycle_hooking) {
		if (lifecycle_traced())
			return true;
		gave_up_waiting = clock_ns() > deadline_ns;
		sys(sched_yield);
	}
	lifecycle_missed();
	return false;
}

void lifecycle_missed(void)
{
	__atomic_fetch_add(&lifecycle_missed_events, 1, __ATOMIC_RELAXED);
}

void lifecycle_count_missed(void)
{
	uint64_t missed = __atomic_exchange_n(&lifecycle_missed_events, 0, __ATOMIC_RELAXED);

	__atomic_fetch_add(&ring_header()->lost_events, missed, __ATOMIC_RELAXED);
}

bool lifecycle_ready_slow(void)
{
	uint32_t state = __atomic_load_n(lifecycle_trace, __ATOMIC_ACQUIRE);

	/* In the child of a handler that forked: what it interrupted still uses the parent's file. */
	if (state == TRACE_FORKED && event_interrupted()) {
		lifecycle_missed();
		return false;
	}
	if (state == TRACE_OPENING ||
	    !__atomic_compare_exchange_n(lifecycle_trace, &state, TRACE_OPENING, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return lifecycle_traced() || await_opening();
	opening_here = true;
	if (state == TRACE_FORKED)
		leave_parent();
	bool opened = open_trace(state == TRACE_FORKED);
	opening_here = false;
	if (!opened) {
		lifecycle_hooking = false;
		return false;
	}
	lifecycle_count_missed();
	__atomic_store_n(lifecycle_trace, TRACE_OPEN, __ATOMIC_RELEASE);
	return true;
}

bool lifecycle_borrowed(void)
{
	uint32_t owner = lifecycle_trace[OWNER];

	return owner && (uint32_t)sys(getpid) != owner;
}

void lifecycle_forked(void)
{
	lifecycle_trace[OWNER] = (uint32_t)sys(getpid);
}

void lifecycle_prepare(void)
{
	if (lifecycle_hooks() && (connections_open() > 0 || sys(geteuid) == 0) &&
	    !lifecycle_borrowed())
		lifecycle_ready();
}

bool lifecycle_sandbox(void)
{
	if (!lifecycle_hooks() || lifecycle_borrowed())
		return false;
	lifecycle_prepare();
	lifecycle_hooking = false;
	return true;
}

void lifecycle_sandbox_failed(void)
{
	lifecycle_hooking = true;
}

void lifecycle_sandboxed(void)
{
	blind_note(TRT_BLIND_SANDBOX);
}

static bool start(void)
{
	void *page = sys_memory(4096);

	if (!page || sys(madvise, page, 4096, MADV_WIPEONFORK) != 0) {
		lifecycle_say("runs untraced: ", "this kernel has no MADV_WIPEONFORK (Linux 4.14)");
		return false;
	}
	lifecycle_trace = page;
	*lifecycle_trace = TRACE_NONE;
	lifecycle_forked();
	if (!thread_init() || !connections_init() || !tls_init()) {
		lifecycle_say("runs untraced: ", "there is no memory for its tables");
		return false;
	}
	identity_read();
	epoll_init();
	modules_init();
	scope_init();
	stack_init();
	return true;
}

/*
 * Before main().  Constructors of other libraries may have called intercepted
 * functions before: those went through untraced.
 */
__attribute__((constructor)) static void constructor(void)
{
	int saved_errno = errno;

	clock_resolve();
	message_init();
	real_resolve();
	/* The loader ignores us in set-user-id programs unless an administrator arranged otherwise. */
	config.disabled = getauxval(AT_SECURE) != 0;
	if (!config.disabled)
		config_read();
	if (config.complaint[0])
		lifecycle_say("", config.complaint);
	lifecycle_hooking = !config.disabled && start();
	errno = saved_errno;
}

/* At exit(); other threads may still be running and calling. */
__attribute__((destructor)) static void destructor(void)
{
	if (lifecycle_hooking && *lifecycle_trace == TRACE_OPEN && !lifecycle_borrowed())
		ring_close(clock_ns());
}
