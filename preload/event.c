/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes events. */
#include "preload/event.h"

#include <signal.h>

#include "preload/lifecycle.h"
#include "preload/memory.h"
#include "preload/modules.h"
#include "preload/ring.h"
#include "preload/sample.h"
#include "preload/stack.h"
#include "preload/sys.h"

/* The guard of the function at work in this thread, NULL if none is; and what it holds. */
static THREAD_LOCAL struct guard *busy_guard;
static THREAD_LOCAL uint64_t busy_magic;

/*
 * Is the function that busy belongs to interrupted, and will go on?  Or was it left by
 * a longjmp() out of a handler: then its frame is gone, because this one lies further
 * out, or has been overwritten since.  Frames compare on one stack only; sigaltstack(2)
 * knows whether there are two.
 */
static bool goes_on(const struct guard *busy, const struct guard *here)
{
	stack_t other = { .ss_flags = SS_DISABLE };

	sys(sigaltstack, NULL, &other);
	bool has_other = !(other.ss_flags & SS_DISABLE);
	bool on_other = has_other && (other.ss_flags & SS_ONSTACK);
	bool busy_on_other = has_other && (uintptr_t)busy - (uintptr_t)other.ss_sp < other.ss_size;
	if (on_other == busy_on_other && busy <= here)
		return false;
	if (busy_on_other && !on_other)
		return false;
	return memory_readable(busy, sizeof(*busy)) && busy->magic == busy_magic;
}

/* What was left half done is not trusted again; a chunk that nobody owns any more stays as it is. */
static void recover(void)
{
	if (!thread_self)
		return;
	thread_self->memo = NULL;
	thread_self->runtime_memo = NULL;
	thread_self->cursor = (struct ring_cursor){ 0 };
	modules_abandon(thread_self->tid);
}

bool event_interrupted(void)
{
	struct guard here;

	if (__builtin_expect(!busy_guard, 1))
		return false;
	if (goes_on(busy_guard, &here))
		return true;
	recover();
	busy_guard = NULL;
	return false;
}

struct thread *event_enter(struct guard *guard)
{
	if (event_interrupted()) {
		lifecycle_missed();
		return NULL;
	}
	if (!lifecycle_ready())
		return NULL;
	guard->magic = ++busy_magic;
	busy_guard = guard;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__builtin_expect(lifecycle_missed_events != 0, 0))
		lifecycle_count_missed();
	struct thread *t = thread_get();
	if (__builtin_expect(!t, 0)) {
		ring_count(lost_events);
		event_leave(guard);
	}
	return t;
}

void event_leave(struct guard *guard)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	busy_guard = NULL;
	guard->magic = 0;
}

static inline void write_fields(const struct draft *d, uint64_t *to)
{
	unsigned int values = d->fields & ~(1u << TRT_FIELD_PAYLOAD);

	for (; values; values &= values - 1)
		*to++ = d->values[__builtin_ctz(values)];
	if (d->fields & 1u << TRT_FIELD_PAYLOAD)
		payload_write(d->payload, to);
}

struct stack_ids event_write(struct thread *t, struct draft *d)
{
	uint64_t duration_ns = d->end_ns - d->start_ns;

	if (duration_ns >= UINT32_MAX)
		event_field(d, TRT_FIELD_DURATION, duration_ns);
	if (t->waited_ns) {
		event_field(d, TRT_FIELD_WAITED, t->waited_ns);
		t->waited_ns = 0;
	}
	thread_note_name(t, d->end_ns);
	sample(t, d->end_ns);
	struct stack_ids stack = stack_capture(t, &d->caller, d->end_ns);
	size_t bytes = sizeof(struct trt_event) + d->extra_bytes;
	struct trt_event *e = ring_event(&t->cursor, bytes, t->tid, d->end_ns);
	if (!e) {
		ring_count(lost_events);
		return stack;
	}
	*e = (struct trt_event){
		.head = { (uint16_t)bytes, TRT_RECORD_EVENT, d->which, d->connection_id },
		.start_ns = d->start_ns,
		.duration_ns = duration_ns >= UINT32_MAX ? UINT32_MAX : (uint32_t)duration_ns,
		.result = d->result,
		.offset = d->offset,
		.stack = stack.native,
		.language_stack = stack.language,
		.fd = d->fd,
		.fields = d->fields,
		.flags = d->flags,
	};
	write_fields(d, (uint64_t *)(e + 1));
	/*
	 * A handler that interrupted this may have forked: in the child, where it returns too,
	 * the chunk is the parent's.  So far both wrote the same; only one may commit.
	 */
	if (__builtin_expect(lifecycle_traced(), 1))
		ring_commit(&t->cursor, bytes, d->end_ns);
	return stack;
}
