/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shows a protocol the bytes of a connection, as far as they were captured, and carries
 * out what it says about them.
 */
#ifndef MODEL_DIALOGUE_H
#define MODEL_DIALOGUE_H

#include "analyzer/model/exchange.h"

/* One that begins with the next bytes; x->stats.role is known. */
struct dialogue *dialogue_new(struct exchange *x, const struct protocol *protocol);
/* The direction's next bytes have this offset. */
void dialogue_start_at(struct dialogue *d, enum direction direction, uint64_t offset);
/* The direction's next bytes are from the middle of something. */
void dialogue_start_amid(struct dialogue *d, enum direction direction);
void dialogue_free(struct dialogue *d);

const struct protocol *dialogue_protocol(const struct dialogue *d);

/*
 * Takes in what the current event moved.  False: what is left of the piece then, and all
 * that follows, is not of this protocol: see dialogue_outcome().
 */
bool dialogue_take(struct dialogue *d, struct piece *p);
/* Nothing more is to come. */
void dialogue_finish(struct dialogue *d);
/* What it was instead: *next, or NULL if that is not known; false: it never was. */
bool dialogue_outcome(const struct dialogue *d, const struct protocol **next);
/* Whether a response whose length is known is not all there. */
bool dialogue_is_short(const struct dialogue *d, const struct trip *t);
/* Whether bytes of this direction wait for more, to be understood. */
bool dialogue_holds(const struct dialogue *d, enum direction direction);
/* The round trip is no more. */
void dialogue_drop(struct dialogue *d, const struct trip *t);

#endif
