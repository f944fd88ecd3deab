/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls of TLS libraries: a layer above the socket's calls.
 *
 *	struct tls_call c;
 *	tls_begin(&c, provider, TRT_CALL_x, session, FRAME_OF_CALLER);
 *	n = real(...);
 *	tls_received(&c, &outcome, buffer);   // or another end; keeps errno
 *
 * Which connection a session speaks over is seen, not asked: it is the one whose socket the
 * library's own calls used within the real call.  That holds for whatever the program put
 * between the two (BIO methods, push functions, layers).  Only programs that carry the
 * bytes themselves (memory BIOs) need more: see tls_fed().
 *
 * A session that speaks over a connection which another one uses already lies above it (TLS
 * through a proxy reached by TLS): from then on only the upper one's calls are events, and
 * what the lower one does within them is theirs.
 *
 * As everywhere, nothing is held across the real call.  Sessions are known in a table by
 * address, of fixed size: one that loses its place is found again at its next call.
 */
#ifndef PRELOAD_TLS_H
#define PRELOAD_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/call.h"
#include "preload/provider.h"
#include "preload/thread.h"

/* In the constructor.  False without memory. */
bool tls_init(void);

struct tls_call {
	struct call call;
	uintptr_t session;  /* the library's object; 0: not to be logged */
	uint64_t magic;     /* tells a living one from what is left of one that was jumped out of */
	struct watch outer; /* of the call that this one is made in; its call is NULL without */
	struct payload_offer offer;
};

/* A call on this session begins, of a function of p. */
void tls_begin(struct tls_call *c, const struct provider *p, uint8_t which, const void *session,
	       struct frame caller);
/* The same for one that will send these bytes. */
void tls_begin_send(struct tls_call *c, const struct provider *p, uint8_t which,
		    const void *session, struct frame caller, const struct iovec *buffers,
		    size_t count);

#define TLS_ALPN_MAX 255

/* What a library says of a session, for the record of its handshake. */
struct tls_details {
	uint16_t version;        /* as on the wire, 0 unknown */
	uint8_t role;            /* enum trt_tls_role */
	uint8_t resumed;         /* enum trt_tls_resumed */
	const char *server_name; /* NULL unknown, or see tls_name() */
	uint8_t alpn[TLS_ALPN_MAX];
	size_t alpn_bytes;
	const char *reason;      /* of a failure; NULL: none, or unknown */
};

/* How a call ended. */
struct tls_outcome {
	enum trt_tls_library library;
	bool established;        /* the handshake is done */
	bool peek;               /* bytes that will be received again */
	int32_t result;          /* bytes, 0 or -errno; EAGAIN: to be made again */
	uintptr_t carrier;       /* what the program feeds with what it received, 0 without */
	int code;                /* the library's own result, for describe() */
	/* Tells what it knows; of a session that is not established the reason alone. */
	void (*describe)(const struct tls_outcome *o, const void *session, struct tls_details *d);
	const void *functions;   /* of the library, for describe() */
};

/* Ends of calls: of one that moved no bytes of the program's, sent some, received some. */
void tls_ended(struct tls_call *c, const struct tls_outcome *o);
void tls_sent(struct tls_call *c, const struct tls_outcome *o);
void tls_received(struct tls_call *c, const struct tls_outcome *o, const void *buffer);

/* The program named the server that the session will ask for (SNI). */
void tls_name(const void *session, const char *name, size_t bytes);

/* Was a call for this session seen before? */
bool tls_known(const void *session);

/* The session is no more. */
void tls_forget(const void *session);

/*
 * The program gave these bytes to a carrier.  If they are what this thread received last, the
 * sessions that read from it speak over that connection.
 */
void tls_fed(const void *carrier, const void *bytes, size_t n);

/* Where a library's functions serve other things too: this is a session; is this one? */
void tls_adopt(const void *session);
bool tls_is_session(const void *session);

/* Has the process ever called a TLS library? */
extern bool tls_in_use;

/* A call on c's socket returned; the connection's offsets are still as before it. */
void tls_witness(const struct connection *c, int fd);
/* And it received these bytes. */
void tls_witness_bytes(const struct connection *c, int fd, const struct iovec *buffers,
		       size_t count, size_t received);

#endif
