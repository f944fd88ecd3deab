/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What could not be seen, and on which connections: told beside the numbers it touches. */
#ifndef REPORTS_UNSEEN_H
#define REPORTS_UNSEEN_H

#include <jansson.h>

#include "analyzer/reports/view.h"

struct unseen_connection;

struct unseen {
	struct unseen_connection *connections; /* with bytes that went round libc */
	size_t count, room;
	uint64_t bytes; /* of them all */
	uint64_t streams; /* connections that were given to stdio */
	uint64_t compared; /* connections of which the kernel's count is known */
	const struct connection **encrypted; /* by code whose calls are not seen */
	size_t encrypted_count, encrypted_room;
	const struct connection **mute; /* whose handshake was seen, but no call with plaintext */
	size_t mute_count, mute_room;
	uint64_t unjoined_calls, unjoined_bytes_sent, unjoined_bytes_received; /* see thread_stats */
};

void unseen_add(struct unseen *u, const struct scope *scope, const struct connection *c);
void unseen_add_thread(struct unseen *u, const struct scope *scope, const struct thread *t);
void unseen_free(struct unseen *u);

/* Lines for the ways and connections that were not seen, those with most bytes; none without. */
void unseen_print(struct unseen *u, const struct scope *scope, const struct out *o);

/* The words for a process's blind spots, an array. */
json_t *blind_spots_json(const struct process *p);

#endif
