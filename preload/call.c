/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns a call that returned into an event. */
#include "preload/call.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "preload/config.h"
#include "preload/kernel.h"
#include "preload/lookup.h"
#include "preload/payload.h"
#include "preload/ring.h"
#include "preload/sample.h"
#include "preload/slow.h"
#include "preload/stack.h"
#include "preload/sys.h"
#include "preload/thread.h"

/* A failed try that took longer has waited (SO_RCVTIMEO), and is an event. */
#define TRY_NS_MAX 1000000u

/*
 * Is the bookkeeping that thread_busy tells of interrupted, and will go on?  If
 * its frame lies outside of this one it was left by a longjmp() out of a handler.
 * Frames compare on one stack only; sigaltstack(2) knows whether there are two.
 */
static bool busy_goes_on(uintptr_t here)
{
	uintptr_t busy = thread_busy;
	stack_t other = { .ss_flags = SS_DISABLE };

	sys(sigaltstack, NULL, &other);
	bool has_other = !(other.ss_flags & SS_DISABLE);
	bool on_other = has_other && (other.ss_flags & SS_ONSTACK);
	bool busy_on_other = has_other && busy - (uintptr_t)other.ss_sp < other.ss_size;
	if (on_other != busy_on_other)
		return on_other;
	return here < busy;
}

/*
 * Enters our bookkeeping.  NULL if there is no trace to write to, or if this is a
 * handler that interrupted it: then the event is counted as lost.
 *
 * From here to leave() this thread's cursor, memo and waits are its own: other
 * threads never touch them, and handlers are turned away here.
 */
static struct thread *enter(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (!lifecycle_ready())
		return NULL;
	if (__builtin_expect(thread_busy != 0, 0)) {
		if (busy_goes_on(here)) {
			ring_count(lost_events);
			return NULL;
		}
		if (thread_self)
			thread_self->memo = NULL; /* may be half changed: a new one is made */
	}
	thread_busy = here;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	struct thread *t = thread_get();
	if (__builtin_expect(!t, 0)) {
		ring_count(lost_events);
		thread_busy = 0;
	}
	return t;
}

static void leave(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	thread_busy = 0;
}

/* An event about to be written. */
struct draft {
	const struct call *call;
	uint32_t connection_id;
	uint64_t end_ns;
	int32_t result;
	uint64_t offset;
	uint16_t flags;
	uint16_t fields;     /* which of the values are set */
	uint16_t extra_bytes; /* that they and the payload take */
	struct payload payload;
	uint64_t values[TRT_FIELD_VALUE + 1]; /* by enum trt_event_field */
};

static void set_field(struct draft *d, enum trt_event_field field, uint64_t value)
{
	d->fields |= (uint16_t)(1u << field);
	d->extra_bytes += sizeof(value);
	d->values[field] = value;
}

/* What most calls need: the values stay unset, and the compiler does not clear them. */
static inline void draft(struct draft *d, const struct call *call, uint64_t end_ns, int32_t result)
{
	d->call = call;
	d->connection_id = call->connection_id;
	d->end_ns = end_ns;
	d->result = result;
	d->offset = 0;
	d->flags = 0;
	d->fields = 0;
	d->extra_bytes = 0;
}

static inline void write_fields(const struct draft *d, uint64_t *to)
{
	if (!d->fields)
		return;
	for (unsigned int i = 0; i < sizeof(d->values) / sizeof(*d->values); i++)
		if (d->fields & 1u << i)
			*to++ = d->values[i];
	if (d->fields & 1u << TRT_FIELD_PAYLOAD)
		payload_write(&d->payload, to);
}

/* Appends the event; its stack's id.  Inlined for the unwinder's sake, see stack.c. */
ALWAYS_INLINE uint32_t write_event(struct thread *t, struct draft *d)
{
	const struct call *call = d->call;
	uint64_t duration_ns = d->end_ns - call->start_ns;

	if (duration_ns >= UINT32_MAX)
		set_field(d, TRT_FIELD_DURATION, duration_ns);
	if (t->waited_ns) {
		set_field(d, TRT_FIELD_WAITED, t->waited_ns);
		t->waited_ns = 0;
	}
	thread_note_name(t, d->end_ns);
	sample(t, d->end_ns);
	uint32_t stack = stack_capture(t, &call->caller, d->end_ns);
	size_t bytes = sizeof(struct trt_event) + d->extra_bytes;
	struct trt_event *e = ring_event(&t->cursor, bytes, t->tid, d->end_ns);
	if (!e) {
		ring_count(lost_events);
		return stack;
	}
	*e = (struct trt_event){
		.head = { (uint16_t)bytes, TRT_RECORD_EVENT, call->which, d->connection_id },
		.start_ns = call->start_ns,
		.duration_ns = duration_ns >= UINT32_MAX ? UINT32_MAX : (uint32_t)duration_ns,
		.result = d->result,
		.offset = d->offset,
		.stack = stack,
		.fd = call->fd,
		.fields = d->fields,
		.flags = d->flags,
	};
	write_fields(d, (uint64_t *)(e + 1));
	ring_commit(&t->cursor, bytes, d->end_ns);
	return stack;
}

static int32_t event_result(ssize_t result)
{
	return result < 0 ? -errno : (int32_t)result;
}

/* The connection is still the one the call began with. */
static bool same_connection(const struct call *call)
{
	return __atomic_load_n(&call->connection->id, __ATOMIC_ACQUIRE) == call->connection_id;
}

/* A try that found nothing waits for the event of the one that does. */
static bool fold_try(const struct call *call, struct stream *s, uint64_t end_ns)
{
	if (config.detail == TRT_DETAIL_FINE || end_ns - call->start_ns > TRY_NS_MAX)
		return false;
	if (__atomic_fetch_add(&s->tries, 1, __ATOMIC_RELAXED) == 0)
		s->first_try_ns = call->start_ns;
	return true;
}

static void unfold_tries(struct stream *s, struct draft *d)
{
	if (__builtin_expect(s->tries == 0, 1))
		return;
	uint32_t tries = __atomic_exchange_n(&s->tries, 0, __ATOMIC_RELAXED);
	set_field(d, TRT_FIELD_TRIES, tries);
	set_field(d, TRT_FIELD_FIRST_TRY, s->first_try_ns);
}

/* Bytes that are not of the stream: looked at only, out of band, or an error's report. */
static bool moves_stream(const struct data *data)
{
	return data->direction == SENT || !(data->flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB));
}

static uint16_t event_flags(const struct call *call, const struct data *data)
{
	return (uint16_t)((moves_stream(data) ? 0 : TRT_EVENT_PEEK) |
			  (call->continued ? TRT_EVENT_CONTINUED : 0) |
			  (data->direction == RECEIVED ? TRT_EVENT_RECEIVED : 0) |
			  (data->flags & MSG_DONTWAIT ? TRT_EVENT_DONTWAIT : 0) |
			  (data->flags & MSG_TRUNC ? TRT_EVENT_TRUNCATED : 0));
}

/* The peer's own connection, if the socket is one that talks to many. */
static struct connection *peer_of(struct connection *c, const struct data *data, uint64_t now_ns)
{
	if (!data->peer || !data->peer_bytes || c->connected || !connection_is_datagram(c))
		return c;
	return connection_peer(c, data->peer, data->peer_bytes, now_ns);
}

/* The first success of a call on a socket tells that its connect() succeeded. */
static void notice_connected(struct connection *c, int fd, uint64_t now_ns)
{
	if (__builtin_expect(c->connecting, 0))
		connection_connected(c, fd, c->connect_ns, now_ns, 0, c->connect_stack,
				     c->connect_tid);
	else if (__builtin_expect(!c->described, 0))
		connection_describe(c, fd, NULL, 0, now_ns);
}

static void set_payload(struct draft *d, const struct data *data, bool first_calls)
{
	payload_plan(&d->payload, data, (size_t)d->result, first_calls);
	d->fields |= 1u << TRT_FIELD_PAYLOAD;
	d->extra_bytes += (uint16_t)payload_bytes(&d->payload);
}

/* What moved: offset, tries, payload. */
static void draft_data(struct draft *d, struct connection *c, const struct data *data)
{
	struct stream *s = &c->stream[data->direction];
	bool moves = moves_stream(data);

	d->offset = moves && d->result > 0 ?
			    __atomic_fetch_add(&s->bytes, (uint64_t)d->result, __ATOMIC_RELAXED) :
			    __atomic_load_n(&s->bytes, __ATOMIC_RELAXED);
	unfold_tries(s, d);
	if (data->direction == RECEIVED && c->ready_ns) {
		set_field(d, TRT_FIELD_READY, c->ready_ns);
		c->ready_ns = 0;
	}
	/* MSG_TRUNC on a stream discards the bytes without storing them (tcp(7)). */
	if (d->result > 0 && config.capture_bytes &&
	    !((data->flags & MSG_TRUNC) && !connection_is_datagram(c)))
		set_payload(d, data, s->calls < 2);
	if (s->calls < 2 && d->result > 0)
		s->calls++;
}

void call_data(const struct call *call, ssize_t result, const struct data *data)
{
	uint64_t end_ns = clock_ns();
	struct connection *c = call->connection;
	struct draft d;

	draft(&d, call, end_ns, event_result(result));
	d.flags = event_flags(call, data);
	if (!same_connection(call))
		return;
	if ((d.result == -EAGAIN || d.result == -EWOULDBLOCK) &&
	    fold_try(call, &c->stream[data->direction], end_ns))
		return;
	struct thread *t = enter();
	if (!t)
		return;
	if (__builtin_expect(connection_verify(c, call->fd, end_ns), 1)) {
		if (d.result >= 0) {
			notice_connected(c, call->fd, end_ns);
			c = peer_of(c, data, end_ns);
			d.connection_id = c->id;
		}
		draft_data(&d, c, data);
		write_event(t, &d);
		kernel_view(t, c, call->fd, end_ns);
		if (__builtin_expect(config.slow_ns != 0, 0) && d.result > 0)
			slow_data(t, call, c, data->direction, end_ns);
	}
	leave();
}

/*
 * Logs whom a connect() that did not succeed was for.  The kernel copies the
 * address, as it answers a bad pointer with an error where we would crash.
 */
static void describe_target(struct connection *c, int fd, const struct sockaddr *address,
			    socklen_t address_bytes, uint64_t now_ns)
{
	struct sockaddr_storage copy;
	size_t bytes = address_bytes < sizeof(copy) ? address_bytes : sizeof(copy);
	struct iovec to = { &copy, bytes }, from = { (void *)address, bytes };

	long self = sys(getpid);

	if (sys(process_vm_readv, self, &to, 1, &from, 1, 0) == (long)bytes)
		connection_describe(c, fd, (const struct sockaddr *)&copy, (socklen_t)bytes, now_ns);
}

void call_connect(const struct call *call, int result, const struct sockaddr *address,
		  socklen_t address_bytes)
{
	uint64_t end_ns = clock_ns();
	struct connection *c = call->connection;
	struct draft d;

	draft(&d, call, end_ns, event_result(result));
	if (!same_connection(call))
		return;
	struct thread *t = enter();
	if (!t)
		return;
	uint32_t stack = write_event(t, &d);
	bool goes_on = d.result == -EINPROGRESS || d.result == -EINTR;
	/* A later connect() on the same socket asks how the first one goes. */
	uint64_t started_ns = c->connecting ? c->connect_ns : call->start_ns;
	if (goes_on && !c->connecting) {
		describe_target(c, call->fd, address, address_bytes, end_ns);
		connection_connecting(c, started_ns, stack, t->tid);
	} else if (d.result == 0 && c->connected && !connection_is_datagram(c)) {
		/* A wait noticed it before the program asked once more. */
	} else if (d.result == 0) {
		connection_connected(c, call->fd, started_ns, end_ns, 0, stack, t->tid);
	} else if (!goes_on && d.result != -EALREADY && d.result != -EISCONN) {
		describe_target(c, call->fd, address, address_bytes, end_ns);
		connection_connected(c, call->fd, started_ns, end_ns, -d.result, stack, t->tid);
	}
	leave();
}

static void log_call(const struct call *call, uint32_t connection_id, int result, uint64_t end_ns)
{
	struct draft d;

	draft(&d, call, end_ns, event_result(result));
	d.connection_id = connection_id;
	struct thread *t = enter();
	if (!t)
		return;
	write_event(t, &d);
	leave();
}

void call_other(const struct call *call, int result)
{
	log_call(call, call->connection_id, result, clock_ns());
}

void call_made(const struct call *call, int result, const struct connection *c, uint64_t end_ns)
{
	log_call(call, c ? c->id : 0, result, end_ns);
}

void call_option(const struct call *call, int result, int level, int option, uint64_t value)
{
	struct draft d;

	draft(&d, call, clock_ns(), event_result(result));
	struct thread *t = enter();
	if (!t)
		return;
	struct connection *c = connection_known(call->fd);
	d.connection_id = c ? c->id : 0;
	d.offset = (uint64_t)(uint32_t)level << 32 | (uint32_t)option;
	set_field(&d, TRT_FIELD_VALUE, value);
	write_event(t, &d);
	leave();
}

void call_failed(const struct call *call)
{
	if (errno != EAGAIN || config.detail == TRT_DETAIL_FINE)
		call_other(call, -1);
}

void call_socket_error(const struct call *call, int error)
{
	struct connection *c = call->connection;

	if (!c->connecting || !enter())
		return;
	if (error)
		connection_connected(c, call->fd, c->connect_ns, call->start_ns, error,
				     c->connect_stack, c->connect_tid);
	else
		connections_check_connecting(call->start_ns);
	leave();
}

void call_lookup(const struct call *call, const struct lookup *lookup)
{
	struct draft d;

	draft(&d, call, clock_ns(), lookup->result);
	struct thread *t = enter();
	if (!t)
		return;
	uint32_t stack = write_event(t, &d);
	lookup_log(lookup, call->start_ns, d.end_ns, stack, t->tid);
	leave();
}

void call_wait(const struct call *call, int result)
{
	uint64_t end_ns = clock_ns();
	struct draft d;

	draft(&d, call, end_ns, event_result(result));
	struct thread *t = enter();
	if (!t)
		return;
	if (config.detail == TRT_DETAIL_FINE)
		write_event(t, &d);
	else
		t->waited_ns += end_ns - call->start_ns;
	if (result > 0)
		connections_check_connecting(end_ns);
	leave();
}
