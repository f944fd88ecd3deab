/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Round trips without knowledge of the protocol.  All that the client's side sends
 * up to the first byte of an answer is one request; all that comes back until it
 * sends again is the response.  What the server says before it was asked (a greeting)
 * is nobody's response.
 */
#include "analyzer/model/turns.h"

#include "analyzer/model/trips.h"

static void answer(struct exchange *x, const struct piece *p)
{
	struct trip *t = x->turn;

	if (!t || t->ended) {
		x->stats.unsolicited_bytes += p->bytes;
		return;
	}
	t->answered = true;
	trips_add(x, t, p);
}

void turns_take(struct exchange *x, const struct piece *p)
{
	bool client = x->stats.role == ROLE_CLIENT;

	if (client != (p->direction == DIRECTION_SENT)) {
		answer(x, p);
		return;
	}
	if (x->turn && x->turn->answered && !x->turn->ended)
		trips_end(x, x->turn, STATUS_OK, 0);
	if (!x->turn || x->turn->ended)
		x->turn = trips_begin(x, p->direction);
	trips_add(x, x->turn, p);
}
