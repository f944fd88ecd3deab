/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a protocol is to the model: it is shown the bytes of a connection's two
 * directions and says which of them ask, which answer, what for, and how it went.
 *
 *	calls ── model ── streams with holes ──→ protocol
 *	                                            │ dialogue_ask, _answer, _name, _done …
 *	listener ←── round trips ── model ←─────────┘
 *
 * A stream has a hole where a call moved more bytes than were captured, or was lost.
 * Holes are followed by length: what lies in a body can be skipped.  A header that lies
 * in a hole leaves its direction out of step, until bytes come that begin a message.
 * Times, roles, the end of the connection and lost calls are the model's.
 *
 * What is taken was written by strangers: a protocol reads no byte beyond those it is
 * shown, keeps no more than STATE_BYTES_MAX a connection, and takes each byte in
 * constant time.
 *
 * docs/adding-a-protocol.md walks through one.
 */
#ifndef PROTOCOLS_PROTOCOL_H
#define PROTOCOLS_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who sent bytes: the one that connected or else spoke first, or the other one. */
enum side { CLIENT, SERVER };

/* One connection's conversation; the model's. */
struct dialogue;

/* Captured bytes that follow each other. */
struct bytes {
	const uint8_t *at;
	size_t count;
	bool cut; /* a hole follows them: no more of this message will be seen */
};

struct protocol {
	const char *name;
	uint16_t port;      /* where it is usual; decides between equals; 0: none */
	bool datagrams;     /* each datagram is a message */
	bool streams;       /* spoken on streams */
	bool many_messages; /* an answer may be made of several, each of which looks like a start */
	size_t state_bytes; /* of a connection's state, zeroed at first */
	/*
	 * How much the bytes with which a side began to speak look like this protocol, from 0 to 100:
	 * 95 if nothing else begins so, 75 if hardly anything does.  From SCORE_START on
	 * they are taken for the start of a message, where the stream was out of step.
	 */
	int (*score)(enum side from, const struct bytes *b);
	/*
	 * Takes a message, or a part of one, from the front of the bytes, never of two, and
	 * returns of how many bytes it was: 0 if more are needed (which are none if they are cut).
	 * Bytes of a datagram come at once.
	 */
	size_t (*take)(void *state, struct dialogue *d, enum side from, const struct bytes *b);
	/*
	 * A header lay in a hole: the state goes back to a message's start.  The next bytes
	 * are such, or take() is not called with them.
	 */
	void (*lose)(void *state, enum side from);
	/*
	 * Whether a message of the side ends with these last bytes of a call, after which its
	 * turn is over; asked when the direction is out of step.  NULL: nothing tells.
	 */
	bool (*ends)(const void *state, enum side from, const struct bytes *tail);
	/* Frees what the state owns; NULL: nothing. */
	void (*free)(void *state);
};

#define SCORE_START 70
#define STATE_BYTES_MAX 49152

/* All there are, the most telling first; the last one is NULL. */
extern const struct protocol *const protocols[];

/*
 * The rest is called from within take(), about the side whose bytes are taken.  What
 * is taken belongs to one round trip at a time, or to none; that goes on with the next call
 * of take() until it is said otherwise.
 */

/* A request begins, answered in the order of requests. */
void dialogue_ask(struct dialogue *d, enum side from);
/* A request begins whose answer carries the same id; ids are the asking side's. */
void dialogue_ask_id(struct dialogue *d, enum side from, uint64_t id);
/*
 * An answer begins: to the oldest request of the other side that has none, or to that with the
 * id.  False if there is none: then the bytes are nobody's.
 */
bool dialogue_answer(struct dialogue *d, enum side from);
bool dialogue_answer_id(struct dialogue *d, enum side from, uint64_t id);
/* A part of the answer that says no more than that the request may go on: not its first byte. */
bool dialogue_interim(struct dialogue *d, enum side from);
/* Nobody asked for it: a greeting, a push. */
void dialogue_aside(struct dialogue *d, enum side from);

/* What follows the bytes taken is not looked at; it belongs to the same round trip. */
void dialogue_skip(struct dialogue *d, enum side from, uint64_t bytes);
/* All that follows until the side closes its stream. */
void dialogue_skip_all(struct dialogue *d, enum side from);
/* With the bytes taken and skipped the answer is complete, or the request that has no answer. */
void dialogue_done(struct dialogue *d, enum side from);
/* Where the message ends cannot be known: what follows is taken when a message starts. */
void dialogue_lose(struct dialogue *d, enum side from);

/* What the round trip is called, for people and for groups; text need not be terminated. */
void dialogue_name(struct dialogue *d, enum side from, const char *text, size_t length);
/* The answer says that it failed, and why, in a word such as "404". */
void dialogue_fail(struct dialogue *d, enum side from, const char *text, size_t length);
/* More about it: key in static storage.  A key that is there is set anew. */
void dialogue_text(struct dialogue *d, enum side from, const char *key, const char *text,
		   size_t length);
void dialogue_number(struct dialogue *d, enum side from, const char *key, uint64_t value);
/* It waits for something to happen, and is not slow if that takes long. */
void dialogue_waits(struct dialogue *d, enum side from);
/* A word of the protocol's own, kept with the round trip: 0 at first, and without one. */
void dialogue_set_note(struct dialogue *d, enum side from, uint64_t note);
uint64_t dialogue_note(const struct dialogue *d, enum side from);

/* Names are to be raw, not templates. */
bool dialogue_raw_names(const struct dialogue *d);
/* Something that was remembered for later names was forgotten, as memory is bounded. */
void dialogue_forget(struct dialogue *d);
/* Behind the bytes taken another protocol is spoken: NULL if it is to be found out. */
void dialogue_switch(struct dialogue *d, const struct protocol *to);
/* It is not this protocol after all: nothing that was taken now is known. */
void dialogue_doubt(struct dialogue *d);

#endif
