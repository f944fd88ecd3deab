/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened on each connection, or in each thread, in equal slices of time. */
#ifndef REPORTS_LANES_H
#define REPORTS_LANES_H

#include "analyzer/reports/view.h"

/* Parts of a slice, in nanoseconds; open tells that a connection was there at all. */
struct slice {
	float sending_ns, waiting_ns, receiving_ns;
	uint32_t round_trips; /* that began in it */
	uint16_t failed;
	bool connecting, open;
};

struct lane {
	const void *key;                     /* the connection or thread */
	const struct connection *connection; /* NULL in a lane of a thread */
	const struct thread *thread;
	uint64_t first_ns;                   /* of its first round trip or connect */
	uint64_t round_trips, failed;
	uint64_t busy_ns;                    /* with round trips, those at a time each counted */
	/* Only the slices from the first to the last with something in it are kept. */
	struct slice *slices;
	size_t first, count;
};

struct lanes;

/* Cuts [from_ns, to_ns) into so many slices. */
struct lanes *lanes_new(enum lane_kind kind, uint64_t from_ns, uint64_t to_ns, size_t slices);
void lanes_free(struct lanes *l);

/* end_ns: when what has no known end is taken to be over. */
void lanes_add_trip(struct lanes *l, const struct round_trip *t, uint64_t end_ns);
void lanes_add_connection(struct lanes *l, const struct connection *c, uint64_t end_ns);

/*
 * The lanes that were busiest, at most max of them, in order of their first
 * moment; *all is set to how many there are.  The caller frees the array.
 */
struct lane **lanes_busiest(const struct lanes *l, size_t max, size_t *count, size_t *all);

/* The slice with this number, all zeroes where the lane has none. */
struct slice lane_slice(const struct lane *lane, size_t number);

#endif
