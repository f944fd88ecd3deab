/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the connections of TLS sessions, and writes what their calls moved. */
#include "preload/tls.h"

#include <errno.h>
#include <string.h>

#include "preload/config.h"
#include "preload/event.h"
#include "preload/memory.h"
#include "preload/ring.h"
#include "preload/sessions.h"
#include "preload/stack.h"
#include "preload/unwind.h"

bool tls_in_use;

bool tls_init(void)
{
	return sessions_init();
}

/* Evidence */

/*
 * Is the call that is watched going on, and this one made within it?  A call that was jumped out
 * of left its place on the stack to others: it lies further in, or is overwritten, or
 * is among what others keep there, but none of them was called from where it was.
 */
static bool goes_on(const struct watch *w, const struct tls_call *here, const struct frame *caller)
{
	return w->call > here && memory_readable(w->call, sizeof(*w->call)) &&
	       w->call->magic == w->magic && unwind_within(caller, &w->call->call.caller);
}

/* From here on this thread's first call on a socket is witnessed. */
static void watch(struct tls_call *c, const struct frame *caller)
{
	c->outer.call = NULL;
	c->magic = 0;
	/* The first call of a forked server's child may be the one that its handshake is made in. */
	if (event_interrupted())
		return;
	struct thread *t = thread_get();
	if (!t)
		return;
	if (t->watch.call && goes_on(&t->watch, c, caller))
		c->outer = t->watch;
	c->magic = t->watch.magic + 1;
	t->watch.call = NULL;
	t->watch.connection_id = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	t->watch.magic = c->magic;
	t->watch.call = c;
}

/* The call is over: what was witnessed.  The one that it was made in goes on, and saw the same. */
static struct watch unwatch(struct tls_call *c)
{
	struct thread *t = thread_self;
	struct watch seen = { .call = NULL };

	if (!t || t->watch.call != c || t->watch.magic != c->magic)
		return seen;
	seen = t->watch;
	t->watch.call = NULL;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (c->outer.call) {
		struct tls_call *outer = c->outer.call;
		if (!c->outer.connection_id)
			c->outer = seen;
		c->outer.magic = outer->magic;
		t->watch = c->outer;
		t->watch.call = outer;
	}
	c->magic = 0;
	return seen;
}

void tls_witness(const struct connection *c, int fd)
{
	struct thread *t = thread_self;

	if (!t || !t->watch.call || t->watch.connection_id)
		return;
	t->watch.fd = fd;
	t->watch.before[SENT] = c->stream[SENT].bytes;
	t->watch.before[RECEIVED] = c->stream[RECEIVED].bytes;
	t->watch.connection_id = c->id;
}

void tls_witness_bytes(const struct connection *c, int fd, const struct iovec *buffers,
		       size_t count, size_t received)
{
	struct thread *t = thread_self;
	size_t n = received < sizeof(t->fed.head) ? received : sizeof(t->fed.head);

	if (!t || !count || buffers[0].iov_len < n)
		return;
	t->fed.connection_id = c->id;
	t->fed.fd = fd;
	t->fed.before[SENT] = c->stream[SENT].bytes;
	t->fed.before[RECEIVED] = c->stream[RECEIVED].bytes - received;
	memcpy(t->fed.head, buffers[0].iov_base, n);
	t->fed.head_bytes = (uint8_t)n;
}

void tls_fed(const void *carrier, const void *bytes, size_t n)
{
	struct thread *t = thread_self;
	uint8_t head[sizeof(t->fed.head)];

	if (!tls_in_use || !carrier || !t || !t->fed.head_bytes || n < t->fed.head_bytes ||
	    !memory_copy(head, bytes, t->fed.head_bytes) ||
	    memcmp(head, t->fed.head, t->fed.head_bytes) != 0)
		return;
	struct session *s = session_get((uintptr_t)carrier);
	s->connection_id = t->fed.connection_id;
	s->fd = t->fed.fd;
	s->before[RECEIVED] = t->fed.before[RECEIVED];
	/* Our hello has gone out by now: what went before it is known if that was nothing. */
	s->before[SENT] = t->fed.before[RECEIVED] ? t->fed.before[SENT] : 0;
}

/* Sessions */

static struct connection *connection_of(uint32_t id, int fd)
{
	struct connection *c = id ? connection_known(fd) : NULL;

	return c && c->id == id ? c : NULL;
}

/* The session speaks over this connection, as was just seen. */
static void bind_session(struct session *s, const struct connection *c, int fd,
			 const uint64_t before[2], uint64_t start_ns)
{
	s->fd = fd;
	if (s->connection_id == c->id)
		return;
	if (s->connection_id)
		s->started_ns = start_ns; /* another session at the address of an old one */
	s->connection_id = c->id;
	s->before[SENT] = before[SENT];
	s->before[RECEIVED] = before[RECEIVED];
	/* One that lost its place, or that a second owner still holds, was described before. */
	s->described = c->tls_session == s->key && c->encrypted;
	s->lower = false;
	s->calls[SENT] = 0;
	s->calls[RECEIVED] = 0;
}

/*
 * The connection that a session was established over stays its own as long as it is open: a
 * callback or a signal handler may have used another socket within the call.  Until then, what
 * was witnessed within the call, else what was known before, else whose bytes it was fed.
 */
static struct connection *attribute(const struct tls_call *c, struct session *s,
				    const struct watch *seen, uintptr_t carrier)
{
	struct connection *known = connection_of(s->connection_id, s->fd), *found;

	if (!s->started_ns)
		s->started_ns = c->call.start_ns;
	if (known && (s->described || !seen->connection_id))
		return known;
	if (seen->connection_id) {
		found = connection_of(seen->connection_id, seen->fd);
		if (found)
			bind_session(s, found, seen->fd, seen->before, c->call.start_ns);
		return found;
	}
	const struct session *feed = carrier ? session_find(carrier) : NULL;
	found = feed ? connection_of(feed->connection_id, feed->fd) : NULL;
	if (found)
		bind_session(s, found, feed->fd, feed->before, c->call.start_ns);
	return found;
}

/* Makes the session the upper one of its connection; false if it lies below another. */
static bool take_connection(struct session *s, struct connection *c)
{
	if (c->tls_session == s->key)
		return true;
	if (s->lower)
		return false;
	struct session *other = c->tls_session ? session_find(c->tls_session) : NULL;
	if (other && other->connection_id == c->id)
		other->lower = true;
	if (!c->tls_session) {
		c->tls_bytes[SENT] = s->before[SENT];
		c->tls_bytes[RECEIVED] = s->before[RECEIVED];
	}
	c->tls_session = s->key;
	return true;
}

/* The record of a handshake */

static size_t add_text(uint8_t **to, const void *from, size_t bytes)
{
	memcpy(*to, from, bytes);
	*to += bytes;
	return bytes;
}

#define REASON_BYTES_MAX 200

static void log_handshake(const struct tls_outcome *o, const struct session *s,
			  const struct connection *c, uint64_t end_ns, uint32_t stack, int32_t tid)
{
	struct tls_details d = { .server_name = s->server_name[0] ? s->server_name : NULL };

	o->describe(o, (const void *)s->key, &d);
	size_t name_bytes = d.server_name ? strnlen(d.server_name, TLS_ALPN_MAX) : 0;
	size_t reason_bytes = d.reason ? strnlen(d.reason, REASON_BYTES_MAX) : 0;
	size_t text_bytes = (name_bytes + d.alpn_bytes + reason_bytes + 7) & ~(size_t)7;
	struct trt_record *record = ring_record(sizeof(struct trt_tls) + text_bytes);
	if (!record)
		return;
	struct trt_tls *r = (struct trt_tls *)record;
	r->started_ns = s->started_ns;
	r->ended_ns = end_ns;
	r->sent_before = s->before[SENT];
	r->received_before = s->before[RECEIVED];
	r->sent_after = c->stream[SENT].bytes;
	r->received_after = c->stream[RECEIVED].bytes;
	r->error = o->established ? 0 : o->result < 0 ? -o->result : ECONNRESET;
	r->tid = tid;
	r->stack = stack;
	r->version = d.version;
	r->role = d.role;
	r->resumed = d.resumed;
	uint8_t *text = (uint8_t *)(r + 1);
	r->server_name_bytes = (uint16_t)add_text(&text, d.server_name, name_bytes);
	r->alpn_bytes = (uint16_t)add_text(&text, d.alpn, d.alpn_bytes);
	r->reason_bytes = (uint16_t)add_text(&text, d.reason, reason_bytes);
	ring_publish(record, TRT_RECORD_TLS, (uint8_t)o->library, c->id);
}

/* Did the handshake end in this call, well or not? */
static bool handshake_ended(const struct session *s, const struct tls_outcome *o)
{
	return !s->described && (o->established || (o->result <= 0 && o->result != -EAGAIN));
}

/* Calls */

/*
 * Is the session's call a part of the one that it was made in, whose session lies above it?  Other
 * calls within calls are of callbacks, and use another connection than the call that called
 * back, which has used its own before.
 */
static bool is_part(const struct tls_call *c, const struct connection *connection)
{
	if (!c->outer.call)
		return false;
	const struct session *upper = session_find(c->outer.call->session);
	uint32_t id = upper && upper->connection_id ? upper->connection_id : c->outer.connection_id;
	return !id || !connection || id == connection->id;
}

void tls_begin(struct tls_call *c, const struct provider *p, uint8_t which, const void *session,
	       struct frame caller)
{
	c->session = 0;
	c->offer.offered = 0;
	c->offer.head_bytes = 0;
	c->offer.tail_bytes = 0;
	if (!lifecycle_hooks() || !session || p->internal)
		return;
	if (!tls_in_use)
		__atomic_store_n(&tls_in_use, true, __ATOMIC_RELAXED);
	watch(c, &caller);
	c->session = (uintptr_t)session;
	c->call = (struct call){
		.caller = caller, .fd = -1, .which = which, .start_ns = clock_ns(),
	};
}

static size_t capture_limit(const struct session *s, enum direction direction)
{
	return config.capture_bytes ? payload_head_limit(!s || s->calls[direction] < 2) : 0;
}

void tls_begin_send(struct tls_call *c, const struct provider *p, uint8_t which,
		    const void *session, struct frame caller, const struct iovec *buffers,
		    size_t count)
{
	tls_begin(c, p, which, session, caller);
	if (c->session)
		payload_offer(&c->offer, buffers, count,
			      capture_limit(session_find(c->session), SENT));
}

/* A call that is to be made again is an event at detail fine only, as those of sockets are. */
static bool is_event(const struct tls_outcome *o)
{
	return o->result != -EAGAIN || config.detail == TRT_DETAIL_FINE;
}

static void draft_bytes(struct draft *d, const struct tls_outcome *o, struct connection *c,
			enum direction direction)
{
	uint64_t *bytes = &c->tls_bytes[direction];

	d->flags = o->peek ? TRT_EVENT_PEEK : 0;
	if (direction == RECEIVED)
		d->flags |= TRT_EVENT_RECEIVED;
	d->offset = o->result > 0 && !o->peek ?
			    __atomic_fetch_add(bytes, (uint64_t)o->result, __ATOMIC_RELAXED) :
			    __atomic_load_n(bytes, __ATOMIC_RELAXED);
}

enum moved { MOVED_SENT = SENT, MOVED_RECEIVED = RECEIVED, MOVED_NOTHING };

static void end(struct tls_call *c, const struct tls_outcome *o, enum moved moved,
		const struct payload *payload)
{
	uint64_t end_ns = clock_ns();
	int error = errno;
	struct guard guard;
	struct draft d;
	struct watch seen = unwatch(c);
	struct session *s = session_get(c->session);
	struct connection *connection = attribute(c, s, &seen, o->carrier);
	uint32_t stack = 0;

	if (is_part(c, connection) || (connection && !take_connection(s, connection)))
		return;
	if (!lifecycle_traced()) /* without a call on a socket this is nothing of ours */
		return;
	call_draft(&d, &c->call, end_ns, o->result);
	if (connection) {
		d.connection_id = connection->id;
		d.fd = s->fd;
	}
	if (connection && moved != MOVED_NOTHING)
		draft_bytes(&d, o, connection, (enum direction)moved);
	if (o->result > 0 && moved != MOVED_NOTHING) {
		event_payload(&d, payload);
		s->calls[moved] += s->calls[moved] < 2;
	}
	bool ended = connection && handshake_ended(s, o);
	struct thread *t = is_event(o) || ended ? event_enter(&guard) : NULL;
	if (t) {
		stack = is_event(o) ? event_write(t, &d) : stack_capture(t, &d.caller, end_ns);
		event_leave(&guard);
	}
	if (ended) {
		s->described = true;
		connection->encrypted |= o->established;
		log_handshake(o, s, connection, end_ns, stack, t ? t->tid : 0);
	}
	errno = error;
}

void tls_ended(struct tls_call *c, const struct tls_outcome *o)
{
	if (c->session)
		end(c, o, MOVED_NOTHING, NULL);
}

void tls_sent(struct tls_call *c, const struct tls_outcome *o)
{
	if (!c->session)
		return;
	struct payload payload;
	payload_sent(&payload, &c->offer, o->result > 0 ? (size_t)o->result : 0);
	end(c, o, MOVED_SENT, &payload);
}

void tls_received(struct tls_call *c, const struct tls_outcome *o, const void *buffer)
{
	size_t n = o->result > 0 ? (size_t)o->result : 0;
	struct iovec filled = { (void *)buffer, n };

	if (!c->session)
		return;
	struct payload payload;
	payload_received(&payload, &filled, 1,
			 n ? capture_limit(session_find(c->session), RECEIVED) : 0, n);
	end(c, o, MOVED_RECEIVED, &payload);
}

void tls_name(const void *session, const char *name, size_t bytes)
{
	if (!lifecycle_hooks() || !session || bytes >= SERVER_NAME_MAX)
		return;
	struct session *s = session_get((uintptr_t)session);
	memcpy(s->server_name, name, bytes);
	s->server_name[bytes] = '\0';
}

bool tls_known(const void *session)
{
	return lifecycle_hooks() && tls_in_use && session_find((uintptr_t)session);
}

void tls_forget(const void *session)
{
	if (lifecycle_hooks() && tls_in_use)
		session_drop((uintptr_t)session);
}

void tls_adopt(const void *session)
{
	if (lifecycle_hooks() && session)
		session_get((uintptr_t)session)->adopted = true;
}

bool tls_is_session(const void *session)
{
	const struct session *s = lifecycle_hooks() ? session_find((uintptr_t)session) : NULL;

	return s && s->adopted;
}
