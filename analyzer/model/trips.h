/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The round trips of a connection that were not yet told. */
#ifndef MODEL_TRIPS_H
#define MODEL_TRIPS_H

#include "analyzer/model/exchange.h"

/* One that begins with the current event. */
struct trip *trips_begin(struct exchange *x, enum direction request);
/* One more that was sent with the same calls as another one. */
struct trip *trips_repeat(struct exchange *x, const struct trip *other);
/* Makes it findable; an open one with the same id never gets its answer. */
void trips_set_id(struct exchange *x, struct trip *t, uint64_t id);

/* The open one with that id; NULL if there is none. */
struct trip *trips_find(const struct exchange *x, enum direction request, uint64_t id);
/* The first one that is open, not by id, and from NULL or behind another one; NULL: none. */
struct trip *trips_oldest(struct exchange *x, enum direction request);
struct trip *trips_after(const struct trip *t);

/* Bytes of the current event are its own. */
void trips_add(struct exchange *x, struct trip *t, const struct piece *p);
/* The same of bytes that are neither the request nor its answer's beginning. */
void trips_add_interim(struct exchange *x, struct trip *t, const struct piece *p);
void trips_end(struct exchange *x, struct trip *t, enum status status, int error);
/* All that are open. */
void trips_end_open(struct exchange *x);
/* Tells and drops what ended and has its response in this direction, or will have none. */
void trips_tell_ended(struct exchange *x, enum direction response);

/* What its protocol says of it, to be filled in. */
struct label *trips_label(struct exchange *x, struct trip *t);
/* A copy of the text, as much as there is room for. */
const char *label_text(struct label *l, const char *text, size_t length);

/* Bytes that went missing, in clear and on the wire. */
uint64_t exchange_bytes_lost(const struct exchange *x, enum direction d);
/* Without losses a hole is but the overlap of two threads' calls. */
static inline bool may_have_lost(const struct process *p)
{
	return p->lost_events || p->overwritten_events || p->damaged_chunks;
}

#endif
