/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From calls to round trips.
 *
 * The model is fed events in order and tells its listener each round trip when
 * it is complete.  It keeps one small state a connection and what is open: its
 * memory does not grow with the number of events.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "analyzer/trace/trace.h"

enum role { ROLE_UNKNOWN, ROLE_CLIENT, ROLE_SERVER };

/* Whether bytes were encrypted with TLS. */
enum encryption {
	ENCRYPTION_UNKNOWN,
	ENCRYPTION_NONE,
	ENCRYPTION_UNSEEN, /* yes, but not by a library whose calls are seen: sizes are the wire's */
	ENCRYPTION_SEEN,   /* yes: round trips and bytes are those of the plaintext */
};

enum status {
	STATUS_OK,
	STATUS_ERROR,   /* a call failed before the response began: see error */
	STATUS_RESET,   /* the peer reset the connection (ECONNRESET, EPIPE) before it ended */
	STATUS_CLOSED,  /* the peer closed its side before it answered */
	STATUS_PENDING, /* no response when the recording or the connection ended at our side */
	STATUS_FAILED,  /* the response says that it failed: see failure */
	STATUS_ONE_WAY, /* a message that asks for no response */
};

/* What a protocol tells of a round trip beyond its name. */
struct protocol_info {
	const char *key;  /* static storage */
	const char *text; /* NULL: it is a number */
	uint64_t number;
};
#define PROTOCOL_INFO_MAX 10

/*
 * One request and its response.  Valid during the listener's call only, the
 * pointers to process, connection and thread for as long as the recording.
 *
 * Client: latency is first byte of the request handed to the kernel -> last byte of
 * the response received; wait is last byte sent -> first byte received.  Where a wait
 * reported the descriptor readable, the first byte came at that moment, else when
 * it was read.
 * Server: latency is last byte of the request received -> last byte of the response
 * handed over; wait (service time) is last byte received -> first byte handed over.
 * What did not happen is UNKNOWN.
 */
struct round_trip {
	const struct process *process;
	const struct connection *connection;
	const struct thread *thread; /* that made the request's first call */
	enum role role;
	enum status status;
	int error;             /* errno for ERROR and RESET, else 0 */
	uint64_t start_ns;     /* client: first byte sent; server: first byte received */
	uint64_t end_ns;       /* last byte of the response; UNKNOWN without response */
	uint64_t latency_ns, send_ns, wait_ns, receive_ns;
	uint64_t blocked_ns;   /* its threads sat in its calls, and in waits before them */
	uint64_t connect_ns;   /* of its connection, for the first round trip; else UNKNOWN */
	uint64_t lookup_ns;    /* of the host name, for the first round trip, if the same thread
				  looked it up, connected and asked; else UNKNOWN */
	uint64_t handshake_ns; /* of TLS, for the first round trip after it; else UNKNOWN */
	uint64_t queue_ns;     /* server: the request was readable, but not yet read; else UNKNOWN */
	uint64_t rtt_us;       /* the network's, as the kernel knew it by then; UNKNOWN */
	uint64_t bytes_sent, bytes_received;
	uint64_t wire_bytes_sent, wire_bytes_received; /* encrypted; UNKNOWN if it is not SEEN */
	enum encryption encryption;
	uint64_t request_offset, response_offset; /* of first bytes; UNKNOWN without response */
	uint32_t calls;
	uint32_t request_calls; /* of those: that moved bytes of the request */
	uint64_t request_last_bytes; /* that the last of them moved */
	bool may_hold_back;    /* the kernel may keep small segments of the request until earlier
				  ones are acknowledged: TCP, and TCP_NODELAY is not set */
	uint32_t stack_id, language_stack_id; /* of the request's first call; 0: none */
	const char *protocol;  /* NULL: unknown */
	const char *name;      /* NULL: unknown */
	const char *failure;   /* for FAILED: what the response says, in a word; else NULL */
	bool waiting_by_design; /* for something to happen: it is not slow if that takes long */
	uint32_t info_count;
	const struct protocol_info *info;
	bool incomplete;       /* calls of it were lost: its times but start_ns are UNKNOWN,
				  bytes and calls are those that were seen */
};

static inline bool round_trip_failed(const struct round_trip *t)
{
	return t->status == STATUS_ERROR || t->status == STATUS_RESET || t->status == STATUS_CLOSED ||
	       t->status == STATUS_FAILED;
}

const char *role_name(enum role role);       /* "client", "server", NULL if unknown */
/* "ok", "error", "reset", "closed", "pending", "failed", "one-way" */
const char *status_name(enum status status);
const char *transport_name(enum transport t); /* "tcp", "udp", "unix", "other" */

/* What the model knows of a connection so far; all of it after model_finish(). */
struct connection_stats {
	enum role role;
	uint64_t calls;
	uint64_t bytes_sent, bytes_received; /* by stream offsets: right where calls were lost */
	uint64_t wire_bytes_sent, wire_bytes_received; /* encrypted, the handshake's too; UNKNOWN
							  if it is not SEEN */
	enum encryption encryption;
	uint64_t unsolicited_bytes; /* in no round trip: greetings, and answers to lost requests */
	uint64_t round_trips, failed, pending;
	uint64_t blocked_ns; /* in its calls that can wait, and in waits that led to them */
	uint64_t first_ns, last_ns; /* of its events; UNKNOWN if it had none */
	uint64_t rtt_us, min_rtt_us, retransmits; /* the kernel's last word; UNKNOWN without */
	uint64_t socket_sent, socket_received; /* offsets that the socket's own streams got to */
	uint64_t sent_last_ns, received_last_ns; /* end of the last such call; UNKNOWN if none */
	int error;           /* errno of the first call that failed for good; 0: none did */
	uint32_t error_stack, error_language_stack;
	uint64_t error_ns;   /* when that returned; UNKNOWN */
	bool has_stream;     /* fdopen(): stdio may move bytes of it unseen */
	uint64_t one_way;    /* of the round trips: those that ask for no answer */
	const char *protocol; /* the last that was decoded; NULL: none was */
	uint64_t desyncs;    /* headers that lay in holes: how often a direction was out of step */
	uint64_t hidden;     /* round trips whose requests lay there and have no name, at least */
	uint64_t forgotten;  /* what a decoder had to forget, as its memory is bounded */
	bool doubted;        /* it was not the protocol it looked like ... */
	uint64_t doubted_at; /* ... from this offset on of what the client sent */
};

struct thread_stats {
	uint64_t calls;
	uint64_t round_trips;
	uint64_t blocked_ns; /* in waits, lookups and calls that can wait, each moment once */
	uint64_t first_ns;   /* its first call began, or the wait before it; UNKNOWN without */
	struct {
		uint64_t calls, bytes_sent, bytes_received;
	} unjoined;          /* plaintext of TLS calls whose connection is not known */
};

/* What a decoder took for a message: a part of it, if calls of another direction came between. */
enum message_kind {
	MESSAGE_UNKNOWN, /* its header was not captured */
	MESSAGE_REQUEST,
	MESSAGE_ANSWER,
	MESSAGE_INTERIM, /* an answer before the answer */
	MESSAGE_ASIDE,   /* nobody asked for it */
};

struct message {
	const struct connection *connection;
	enum message_kind kind;
	bool sent;            /* by this process */
	uint64_t offset, bytes;
	uint64_t start_ns;    /* of the call that moved its first byte */
	const char *protocol;
	const char *name;     /* of its round trip; NULL: not known */
};

typedef void message_listener(void *user, const struct message *message);

const char *message_kind_name(enum message_kind kind); /* "unknown", "request", "answer", … */

struct model;

/*
 * Called for each complete round trip, in order of completion but for those whose protocol
 * is still looked for.
 */
typedef void round_trip_listener(void *user, const struct round_trip *trip);

struct model *model_new(round_trip_listener *listener, void *user);
void model_feed(struct model *m, const struct event *e);
/* Between events; see struct recording_listener. */
void model_view(struct model *m, struct connection *c, const struct kernel_view *view);
/* The recording is over: what is open becomes pending. */
void model_finish(struct model *m);
/* Hears of messages, with the user of model_new(); before the first event. */
void model_listen_messages(struct model *m, message_listener *listener);
/* Names as they were sent, where they would be templates; before the first event. */
void model_keep_raw_names(struct model *m);
void model_free(struct model *m);

/* Zeroes and UNKNOWN times, and the role if it is known, for one that had no events. */
struct connection_stats model_connection(const struct model *m, const struct connection *c);
/*
 * Bytes of a closed connection that did not pass through calls we see, and all that
 * the kernel counted, of both directions.  The kernel counts a SYN and a FIN as a byte
 * each: a difference of no more than those is none.  False if that is not known: the
 * socket was not ours alone from its beginning, or the kernel did not say.
 */
bool connection_unseen(const struct connection *c, uint64_t *unseen_bytes, uint64_t *all_bytes);

struct thread_stats model_thread(const struct model *m, const struct thread *t);

#endif
