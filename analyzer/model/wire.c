/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps what the socket beneath TLS does, until plaintext tells which round trip it was for. */
#include "analyzer/model/wire.h"

#include <errno.h>

#include "analyzer/util/alloc.h"

/* Libraries read a record's header by itself, to know its length (RFC 8446, section 5.1). */
#define RECORD_HEADER_BYTES 5

static struct wire *new_wire(uint64_t started_ns, uint64_t ended_ns)
{
	struct wire *w = xcalloc(1, sizeof(*w));

	w->started_ns = started_ns;
	w->ended_ns = ended_ns;
	w->arrival.end_ns = UNKNOWN;
	w->tried_ns = UNKNOWN;
	return w;
}

/* Where the plaintext's streams are is known by their first events. */
static void restart_streams(struct exchange *x)
{
	for (int d = 0; d < 2; d++) {
		x->streams[d].base = UNKNOWN;
		x->streams[d].end = UNKNOWN;
		x->streams[d].seen = 0;
	}
}

void wire_open(struct exchange *x)
{
	const struct connection *c = x->connection;
	const struct tls *tls = c->tls;
	/* A forked process goes on with the TLS of its parent. */
	bool inherited = !connection_shook_hands(c);
	uint64_t before[2] = { inherited ? c->sent_before : tls->sent_before,
			       inherited ? c->received_before : tls->received_before };

	x->wire = new_wire(tls->started_ns, tls->error ? UNKNOWN : tls->ended_ns);
	for (int d = 0; d < 2; d++) {
		x->wire->streams[d].base = before[d];
		x->wire->streams[d].end = before[d];
		x->wire->streams[d].last_ns = UNKNOWN;
	}
	if (inherited)
		restart_streams(x);
}

void wire_find(struct exchange *x, const struct event *e)
{
	x->wire = new_wire(e->start_ns, e->start_ns);
	for (int d = 0; d < 2; d++)
		x->wire->streams[d] = x->streams[d];
	restart_streams(x);
}

/* The round trip that the socket now most likely works for; NULL if none is open. */
static struct trip *newest_trip(const struct exchange *x)
{
	return x->last && !x->last->ended ? x->last : NULL;
}

/* Nobody knows yet what for: plaintext that comes may tell. */
static void leave(struct wire *w, struct trip *t, const struct event *e, uint64_t waited_ns)
{
	w->unclaimed_bytes[event_direction(e)] += event_bytes(e);
	if (t)
		t->unclaimed_ns += trip_blocked_ns(t, e, waited_ns);
}

/*
 * Whether it sends plaintext that was told of: from within the call that did, or later
 * where the program carries the bytes from the library to the socket by itself.
 */
static bool sends_plaintext(struct wire *w, const struct event *e)
{
	uint64_t bytes = event_bytes(e);

	if (e->thread == w->sender && e->start_ns < w->sent_ns) {
		w->unsent_bytes = 0;
		return true;
	}
	if (!w->unsent_bytes)
		return false;
	w->unsent_bytes -= bytes < w->unsent_bytes ? bytes : w->unsent_bytes;
	return true;
}

static void carry_sent(struct wire *w, struct trip *t, const struct event *e, uint64_t waited_ns)
{
	uint64_t end = event_end_ns(e);
	bool known = sends_plaintext(w, e);

	if (!known || !t) {
		leave(w, t, e, waited_ns);
		return;
	}
	trip_block(t, e, waited_ns);
	t->wire_bytes[DIRECTION_SENT] += event_bytes(e);
	if (t->last_ns[DIRECTION_SENT] != UNKNOWN && end > t->last_ns[DIRECTION_SENT])
		t->last_ns[DIRECTION_SENT] = end;
}

/* What came last is what brings the plaintext: a session ticket before it brings none. */
static void note_arrival(struct wire *w, const struct event *e)
{
	bool body = w->in_record;

	w->in_record |= event_bytes(e) == RECORD_HEADER_BYTES;
	if (body && event_bytes(e) != RECORD_HEADER_BYTES)
		return;
	w->arrival = (struct passage){ e->start_ns, event_end_ns(e), e->ready_ns };
}

static void carry_received(struct wire *w, struct trip *t, const struct event *e,
			   uint64_t waited_ns)
{
	note_arrival(w, e);
	if (t && t->request == DIRECTION_SENT && !t->answered) {
		trip_block(t, e, waited_ns); /* whatever came, the answer was waited for */
		t = NULL;
	}
	leave(w, t, e, waited_ns);
}

void wire_carry(struct exchange *x, const struct event *e, uint64_t waited_ns)
{
	enum direction direction = event_direction(e);
	struct wire *w = x->wire;

	stream_take(&w->streams[direction], e->offset, event_bytes(e), event_end_ns(e));
	if (e->start_ns < w->ended_ns)
		return; /* the handshake's */
	if (direction == DIRECTION_SENT)
		carry_sent(w, newest_trip(x), e, waited_ns);
	else
		carry_received(w, newest_trip(x), e, waited_ns);
}

/* A call that could not go on may have sent some of its bytes: the first try is the start. */
static uint64_t send_start_ns(struct wire *w, const struct event *e)
{
	uint64_t first_ns = e->first_try_ns < e->start_ns ? e->first_try_ns : e->start_ns;

	if (w->tried_ns < first_ns)
		first_ns = w->tried_ns;
	w->tried_ns = e->result == -EAGAIN ? first_ns : UNKNOWN;
	return w->unclaimed_bytes[DIRECTION_SENT] ? first_ns : e->start_ns;
}

struct passage wire_passage(struct wire *w, const struct event *e)
{
	if (e->class == CALL_CLASS_TLS_RECEIVE && w->arrival.end_ns != UNKNOWN)
		return w->arrival;
	return (struct passage){
		.start_ns = e->class == CALL_CLASS_TLS_SEND ? send_start_ns(w, e) : e->start_ns,
		.end_ns = event_end_ns(e),
		.ready_ns = UNKNOWN,
	};
}

void wire_give(struct wire *w, struct trip *t, const struct event *e)
{
	enum direction direction = event_direction(e);

	t->wire_bytes[direction] += w->unclaimed_bytes[direction];
	w->unclaimed_bytes[direction] = 0;
	t->blocked_ns += t->unclaimed_ns;
	t->unclaimed_ns = 0;
}

void wire_settle(struct wire *w, const struct event *e, bool waits)
{
	enum direction direction = event_direction(e);

	if (!waits)
		w->unclaimed_bytes[direction] = 0;
	if (direction == DIRECTION_RECEIVED) {
		w->arrival.end_ns = UNKNOWN;
		w->in_record = false;
		return;
	}
	w->sender = e->thread;
	w->sent_ns = event_end_ns(e);
	w->unsent_bytes += event_bytes(e);
}

enum { HANDSHAKE = 0x16, CLIENT_HELLO = 1, MESSAGE_HEADER_BYTES = 4, VERSION_BYTES = 3 };

/* Whether a record of a handshake begins here (RFC 8446, 5.1), as far as bytes were kept. */
static bool is_handshake(const struct piece *p)
{
	return p->head_bytes >= VERSION_BYTES && p->head[0] == HANDSHAKE && p->head[1] == 3 &&
	       p->head[2] <= 4;
}

/* Whether it is one with the first message, whole (4.1.2): nothing else looks like that. */
static bool is_client_hello(const struct piece *p)
{
	const uint8_t *record = p->head, *message = record + RECORD_HEADER_BYTES;

	return p->head_bytes >= RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES && is_handshake(p) &&
	       message[0] == CLIENT_HELLO && !message[1] &&
	       (record[3] << 8 | record[4]) ==
		       (message[2] << 8 | message[3]) + MESSAGE_HEADER_BYTES;
}

void wire_look(struct exchange *x, const struct piece *p)
{
	enum encryption *known = &x->stats.encryption;
	bool first = p->offset == 0;

	if (x->connection->datagram || !p->head_bytes)
		return;
	if (first ? is_handshake(p) : is_client_hello(p))
		*known = ENCRYPTION_UNSEEN;
	else if (first && *known == ENCRYPTION_UNKNOWN &&
		 (p->head_bytes >= VERSION_BYTES || p->head[0] != HANDSHAKE))
		*known = ENCRYPTION_NONE;
}
