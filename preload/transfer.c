/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns a call that moved bytes, or tried to, into an event. */
#include <errno.h>

#include "preload/call.h"
#include "preload/config.h"
#include "preload/descriptors.h"
#include "preload/event.h"
#include "preload/kernel.h"
#include "preload/memory.h"
#include "preload/slow.h"
#include "preload/tls.h"

/* A failed try that took longer has waited (SO_RCVTIMEO), and is an event. */
#define TRY_NS_MAX 1000000u

/* Of what is encrypted the TLS library's calls tell. */
static bool captures(const struct connection *c)
{
	return config.capture_bytes && !c->encrypted;
}

static size_t offer_limit(const struct connection *c)
{
	return captures(c) ? payload_head_limit(c->stream[SENT].calls < 2) : 0;
}

void call_offer(struct outgoing *out, const struct call *call, const struct iovec *buffers,
		size_t count, const void *peer, socklen_t peer_bytes)
{
	payload_offer(&out->payload, buffers, count, offer_limit(call->connection));
	out->peer_bytes = 0;
	if (peer && peer_bytes <= sizeof(out->peer) && memory_copy(&out->peer, peer, peer_bytes))
		out->peer_bytes = peer_bytes;
}

void call_offer_buffer(struct outgoing *out, const struct call *call, const void *buffer, size_t n)
{
	payload_offer_buffer(&out->payload, buffer, n, offer_limit(call->connection));
	out->peer_bytes = 0;
}

void call_offer_message(struct outgoing *out, const struct call *call, const struct msghdr *message)
{
	struct msghdr m = { 0 };

	memory_copy(&m, message, sizeof(m));
	call_offer(out, call, m.msg_iov, m.msg_iovlen, m.msg_name, m.msg_namelen);
}

/* One such call, and what is known of it. */
struct transfer {
	const struct call *call;
	enum direction direction;
	int flags;      /* MSG_* */
	int32_t result;
	uint64_t end_ns;
	const struct sockaddr *peer;
	socklen_t peer_bytes;
};

/* Bytes that are not of the stream: looked at only, out of band, or an error's report. */
static bool moves_stream(const struct transfer *x)
{
	return x->direction == SENT || !(x->flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB));
}

static uint16_t event_flags(const struct transfer *x)
{
	return (uint16_t)((moves_stream(x) ? 0 : TRT_EVENT_PEEK) |
			  (x->call->continued ? TRT_EVENT_CONTINUED : 0) |
			  (x->direction == RECEIVED ? TRT_EVENT_RECEIVED : 0) |
			  (x->flags & MSG_DONTWAIT ? TRT_EVENT_DONTWAIT : 0) |
			  (x->flags & MSG_TRUNC ? TRT_EVENT_TRUNCATED : 0));
}

/* A try that found nothing waits for the event of the one that does. */
static bool fold_try(const struct transfer *x, struct connection *c)
{
	struct stream *s = &c->stream[x->direction];

	if ((x->result != -EAGAIN && x->result != -EWOULDBLOCK) ||
	    config.detail == TRT_DETAIL_FINE || x->end_ns > x->call->start_ns + TRY_NS_MAX)
		return false;
	if (__atomic_fetch_add(&s->tries, 1, __ATOMIC_RELAXED) == 0)
		s->first_try_ns = x->call->start_ns;
	return true;
}

static void unfold_tries(struct stream *s, struct draft *d)
{
	if (__builtin_expect(s->tries == 0, 1))
		return;
	uint32_t tries = __atomic_exchange_n(&s->tries, 0, __ATOMIC_RELAXED);
	event_field(d, TRT_FIELD_TRIES, tries);
	event_field(d, TRT_FIELD_FIRST_TRY, s->first_try_ns);
}

/* What the result tells of a connect() that goes on, and of a connection first seen. */
static void notice_connection(struct connection *c, const struct transfer *x)
{
	int fd = x->call->fd;

	if (__builtin_expect(c->connecting, 0)) {
		bool tells = x->result >= 0 || (x->result != -EAGAIN && x->result != -EINTR &&
						x->result != -ENOTCONN && x->result != -EFAULT);
		if (tells)
			connection_connected(c, fd, c->connect_ns, x->end_ns,
					     x->result < 0 ? -x->result : 0, c->connect_stack,
					     c->connect_tid);
	} else if (__builtin_expect(!c->described, 0) && x->result >= 0) {
		connection_describe(c, fd, NULL, 0, x->end_ns);
	}
}

/* A send that connects: the first bytes may go with the first segment (tcp(7), TCP_FASTOPEN). */
static void end_fast_open(const struct transfer *x, struct connection *c, uint32_t stack,
			  int32_t tid)
{
	struct connect_end e = {
		.result = x->result > 0 ? 0 : x->result, .end_ns = x->end_ns,
		.address = x->peer, .address_bytes = x->peer_bytes, .stack = stack, .tid = tid,
	};

	call_note_connect(c, x->call, &e);
}

/* The connection that the bytes belong to: the peer's own, if the socket talks to many. */
static struct connection *stream_owner(struct connection *c, const struct transfer *x)
{
	if (x->result < 0 || !x->peer || !x->peer_bytes || c->connected || !connection_is_datagram(c))
		return c;
	return connection_peer(c, x->peer, x->peer_bytes, x->end_ns);
}

/*
 * Prepares the event.  Offsets move here, before it is known whether the event can be
 * written: they have to be right for the events after one that is lost.  The connection
 * that moved is returned; NULL if it is none any more, or if nothing is to be written.
 */
ALWAYS_INLINE struct connection *begin_transfer(const struct transfer *x, struct draft *d, bool *drop)
{
	const struct call *call = x->call;
	struct connection *c = call_connection(call);

	*drop = false;
	if (thread_self)
		ring_prefetch(&thread_self->cursor);
	call_draft(d, call, x->end_ns, x->result);
	d->flags = event_flags(x);
	if (!c)
		return NULL; /* closed meanwhile by another thread: the event still tells */
	if (__builtin_expect(tls_in_use, 0))
		tls_witness(c, call->fd);
	*drop = fold_try(x, c) || !lifecycle_ready();
	if (*drop)
		return NULL;
	if (__builtin_expect(connection_is_due(c, x->end_ns), 0) &&
	    (!thread_self || thread_may_ask(&thread_self->verified_ns, VERIFIES_APART_NS, x->end_ns)) &&
	    !connection_verify(c, call->fd, x->end_ns)) {
		c = connection_find(call->fd);
		*drop = c == NULL;
		if (*drop)
			return NULL;
	}
	struct connection *socket = c;
	notice_connection(c, x);
	c = stream_owner(c, x);
	d->connection_id = c->id;
	struct stream *s = &c->stream[x->direction];
	d->offset = moves_stream(x) && x->result > 0 ?
			    __atomic_fetch_add(&s->bytes, (uint64_t)x->result, __ATOMIC_RELAXED) :
			    __atomic_load_n(&s->bytes, __ATOMIC_RELAXED);
	unfold_tries(&socket->stream[x->direction], d);
	if (x->direction == RECEIVED && socket->ready_ns) {
		event_field(d, TRT_FIELD_READY, socket->ready_ns);
		socket->ready_ns = 0;
	}
	return c;
}

ALWAYS_INLINE void end_transfer(const struct transfer *x, struct draft *d, struct connection *c)
{
	struct guard guard;
	struct thread *t = event_enter(&guard);

	if (c && c->stream[x->direction].calls < 2 && x->result > 0)
		c->stream[x->direction].calls++;
	if (!t)
		return;
	uint32_t stack = event_write(t, d);
	if (c) {
		if (__builtin_expect((x->flags & MSG_FASTOPEN) && x->direction == SENT, 0) &&
		    x->peer_bytes)
			end_fast_open(x, c, stack, t->tid);
		kernel_view(t, c, x->call->fd, x->end_ns);
		if (__builtin_expect(config.slow_ns != 0, 0) && x->result > 0)
			slow_data(t, x->call, c, x->direction, x->end_ns);
	}
	event_leave(&guard);
}

void call_sent(const struct call *call, ssize_t sent, int flags, const struct outgoing *out)
{
	struct transfer x = {
		.call = call, .direction = SENT, .flags = flags, .result = call_result(sent),
		.end_ns = clock_ns(), .peer = (const struct sockaddr *)&out->peer,
		.peer_bytes = out->peer_bytes,
	};
	struct payload payload;
	struct draft d;
	bool drop;
	struct connection *c = begin_transfer(&x, &d, &drop);

	if (drop)
		return;
	if (sent > 0) {
		payload_sent(&payload, &out->payload, (size_t)sent);
		event_payload(&d, &payload);
	}
	end_transfer(&x, &d, c);
}

void call_received(const struct call *call, ssize_t received, const struct incoming *in)
{
	struct transfer x = {
		.call = call, .direction = RECEIVED, .flags = in->flags,
		.result = call_result(received), .end_ns = clock_ns(), .peer = in->peer,
		.peer_bytes = in->peer_bytes,
	};
	struct payload payload;
	struct draft d;
	bool drop;
	struct connection *c = begin_transfer(&x, &d, &drop);

	if (drop)
		return;
	/* MSG_TRUNC on a stream discards the bytes without storing them (tcp(7)). */
	bool stored = !((in->flags & MSG_TRUNC) && c && !connection_is_datagram(c));
	if (__builtin_expect(tls_in_use, 0) && received > 0 && c && stored)
		tls_witness_bytes(c, call->fd, in->buffers, in->count, (size_t)received);
	if (received > 0 && c && stored && captures(c)) {
		bool first_calls = c->stream[RECEIVED].calls < 2;
		payload_received(&payload, in->buffers, in->count,
				 payload_head_limit(first_calls), (size_t)received);
		event_payload(&d, &payload);
	}
	end_transfer(&x, &d, c);
}

void call_received_message(const struct call *call, ssize_t received, int flags,
			   const struct msghdr *message, socklen_t peer_room)
{
	struct incoming in = { .flags = flags };

	if (received >= 0) { /* only then is the message known to be readable */
		in.buffers = message->msg_iov;
		in.count = message->msg_iovlen;
		in.peer = message->msg_name;
		in.peer_bytes = message->msg_namelen < peer_room ? message->msg_namelen : peer_room;
		descriptors_received(message);
	}
	call_received(call, received, &in);
}

void call_moved(const struct call *call, ssize_t moved, enum direction direction)
{
	struct transfer x = { .call = call, .direction = direction, .result = call_result(moved),
			      .end_ns = clock_ns() };
	struct draft d;
	bool drop;
	struct connection *c = begin_transfer(&x, &d, &drop);

	if (!drop)
		end_transfer(&x, &d, c);
}
