/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every hook does around the real call:
 *
 *	struct call call;
 *	if (!call_begin(&call, TRT_CALL_x, fd))
 *		return REAL(x)(...);          // nothing to log
 *	n = REAL(x)(...);
 *	call_other(&call, n);                 // or another end, by kind; keeps errno
 *	return n;
 *
 * Nothing is held across the real call: it may be left by longjmp() or by the
 * thread's cancellation, and other hooks of this thread may run inside it.
 */
#ifndef PRELOAD_CALL_H
#define PRELOAD_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "preload/clock.h"
#include "preload/connections.h"
#include "preload/frame.h"
#include "preload/lifecycle.h"
#include "preload/payload.h"
#include "preload/real.h"
#include "preload/trace_format.h"

#define HOOK __attribute__((visibility("default")))
#define ALWAYS_INLINE static inline __attribute__((always_inline))

struct call {
	struct frame caller;
	struct connection *connection; /* may be closed, even reused, after the real call */
	uint32_t connection_id;
	int fd;
	uint64_t start_ns;
	uint8_t which;  /* enum trt_call */
	bool continued; /* not the first event of this call */
};

/* The first half of call_begin() for any connection; c may be NULL. */
ALWAYS_INLINE bool call_begin_with(struct call *call, uint8_t which, int fd, struct connection *c)
{
	call->caller = FRAME_OF_CALLER;
	call->connection = c;
	call->connection_id = c ? c->id : 0;
	call->fd = fd;
	call->which = which;
	call->continued = false;
	call->start_ns = clock_ns();
	return true;
}

/* For calls on any descriptor.  False, within some nanoseconds, if it is not a socket. */
ALWAYS_INLINE bool call_begin(struct call *call, uint8_t which, int fd)
{
	struct connection *c = lifecycle_hooks() ? connection_find(fd) : NULL;
	return __builtin_expect(c != NULL, 0) && call_begin_with(call, which, fd, c);
}

/* For calls that only sockets answer. */
ALWAYS_INLINE bool call_begin_socket(struct call *call, uint8_t which, int fd)
{
	struct connection *c = lifecycle_hooks() ? connection_find_socket(fd) : NULL;
	return __builtin_expect(c != NULL, 1) && call_begin_with(call, which, fd, c);
}

/* For calls without a connection, or before there is one. */
ALWAYS_INLINE bool call_begin_any(struct call *call, uint8_t which, int fd)
{
	return lifecycle_hooks() && call_begin_with(call, which, fd, NULL);
}

/* The connection that the call began with; NULL if it was closed, or its slot reused, since. */
static inline struct connection *call_connection(const struct call *call)
{
	uint32_t id = __atomic_load_n(&call->connection->id, __ATOMIC_ACQUIRE);

	return __builtin_expect(id == call->connection_id, 1) ? call->connection : NULL;
}

struct draft;

/* -errno of a call that failed, as it left it, else its result. */
int32_t call_result(ssize_t result);

/* Fills what an event tells of any call. */
void call_draft(struct draft *d, const struct call *call, uint64_t end_ns, int32_t result);

/* What a call is about to send, and to whom: taken before the real call. */
struct outgoing {
	struct payload_offer payload;
	struct sockaddr_storage peer;
	socklen_t peer_bytes; /* 0: not given, or not readable */
};

void call_offer(struct outgoing *out, const struct call *call, const struct iovec *buffers,
		size_t count, const void *peer, socklen_t peer_bytes);
/* The same for one buffer, and for sendmsg()'s structure. */
void call_offer_buffer(struct outgoing *out, const struct call *call, const void *buffer, size_t n);
void call_offer_message(struct outgoing *out, const struct call *call, const struct msghdr *message);

/* It returned sent (errno as the call left it); flags: MSG_* that the caller gave. */
void call_sent(const struct call *call, ssize_t sent, int flags, const struct outgoing *out);

/* What a call received into these buffers; peer: as the call stored it, NULL if unknown. */
struct incoming {
	int flags; /* MSG_* that the caller gave */
	const struct iovec *buffers;
	size_t count;
	const struct sockaddr *peer;
	socklen_t peer_bytes;
};

void call_received(const struct call *call, ssize_t received, const struct incoming *in);
/* The same for recvmsg()'s structure, with the room for an address that it had before. */
void call_received_message(const struct call *call, ssize_t received, int flags,
			   const struct msghdr *message, socklen_t peer_room);

/* Bytes went between the socket and a file: they are not looked at. */
void call_moved(const struct call *call, ssize_t moved, enum direction direction);

/* One more event of the same call follows, which took no time of its own. */
static inline void call_continue(struct call *call)
{
	call->continued = true;
	call->start_ns = clock_ns();
}

/* How a connect(), or a send that connects, ended; address as the program gave it. */
struct connect_end {
	int32_t result; /* 0 or -errno */
	uint64_t end_ns;
	const struct sockaddr *address;
	socklen_t address_bytes;
	struct stack_ids stack;
	int32_t tid;
};

void call_note_connect(struct connection *c, const struct call *call, const struct connect_end *e);

/* connect() returned; address as the program gave it. */
void call_connect(const struct call *call, int result, const struct sockaddr *address,
		  socklen_t address_bytes);

/* Another call on a socket returned. */
void call_other(const struct call *call, int result);

/* A call on a socket failed; tries that found nothing (EAGAIN) are events at detail fine only. */
void call_failed(const struct call *call);

/* The program asked for its socket's pending error (SO_ERROR) and was told this one. */
void call_socket_error(const struct call *call, int error);

/* setsockopt() and the like set an option to this value. */
void call_option(const struct call *call, int result, int level, int option, uint64_t value);

/*
 * A call made a descriptor, result: connection c, NULL if it is not a socket.  end_ns:
 * when it returned, before c was made.
 */
void call_made(const struct call *call, int result, const struct connection *c, uint64_t end_ns);

/* A name lookup returned. */
struct lookup;
void call_lookup(const struct call *call, const struct lookup *lookup);

/* A wait returned. */
void call_wait(const struct call *call, int result);

/* A wait reported these readable; at most now, as nobody can know better. */
static inline void call_ready(int fd, uint64_t now_ns)
{
	struct connection *c = connection_known(fd);
	if (c && !c->ready_ns)
		__atomic_store_n(&c->ready_ns, now_ns, __ATOMIC_RELAXED);
}

#endif
