/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Round trips without knowledge of the protocol.  All that the client's side sends
 * up to the first byte of an answer is one request; all that comes back until it
 * sends again is the response.  What the server says before it was asked (a greeting)
 * is nobody's response.
 */
#include "analyzer/protocols/protocol.h"

struct turns {
	uint64_t turn;
	bool answered;
};

static void take(void *state, struct exchange *x, const struct piece *p, bool client)
{
	enum direction requests = client ? DIRECTION_SENT : DIRECTION_RECEIVED;
	struct turns *t = state;

	if (p->direction != requests) {
		t->answered |= exchange_response(x, t->turn, p);
		return;
	}
	if (t->answered) {
		exchange_end(x, t->turn);
		t->turn++;
		t->answered = false;
	}
	exchange_request(x, t->turn, p);
}

const struct protocol protocol_turns = {
	.name = NULL,
	.state_bytes = sizeof(struct turns),
	.take = take,
};
