/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What had to be done before the first round trip of a connection, and belongs to it. */
#ifndef MODEL_PHASES_H
#define MODEL_PHASES_H

#include "analyzer/model/exchange.h"

/* Sets connect_ns, lookup_ns and handshake_ns of a round trip that the current event begins. */
void phases_before(struct exchange *x, struct trip *t);

#endif
