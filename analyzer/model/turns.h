/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Round trips without knowledge of the protocol. */
#ifndef MODEL_TURNS_H
#define MODEL_TURNS_H

#include "analyzer/model/exchange.h"

/* Takes in what the current event moved.  A datagram is one piece, an empty one too. */
void turns_take(struct exchange *x, const struct piece *p);

#endif
