/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds out which protocol a connection speaks: its calls are held back until the first
 * words of both sides tell, so that the first round trip is decoded like all others.
 */
#ifndef MODEL_SNIFF_H
#define MODEL_SNIFF_H

#include "analyzer/model/exchange.h"

struct sniff *sniff_new(void);
void sniff_free(struct sniff *s);

/*
 * Whether the event is held back.  When the protocol is found, or will not be, all that were
 * held are taken in, this one too, and x->sniff may be gone.
 */
bool sniff_holds(struct exchange *x, const struct event *e, uint64_t waited_ns, uint64_t call);
/* Nothing more is to come: decides by what is there. */
void sniff_end(struct exchange *x);

#endif
