/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts, bytes and latencies of a group of round trips. */
#ifndef REPORTS_TALLY_H
#define REPORTS_TALLY_H

#include <jansson.h>

#include "analyzer/model/model.h"
#include "analyzer/util/latency.h"

struct tally {
	uint64_t round_trips, failed, pending;
	uint64_t calls;
	uint64_t bytes_sent, bytes_received;
	uint64_t wire_bytes_sent, wire_bytes_received; /* encrypted */
	bool has_wire;             /* TLS that is seen: those two mean something */
	uint64_t encrypted, clear; /* round trips of which that is known */
	uint64_t blocked_ns;
	struct latency *latency; /* of the answered ones; NULL without any */
};

void tally_add(struct tally *t, const struct round_trip *trip);
/* Adds from to into. */
void tally_merge(struct tally *into, const struct tally *from);
/* The same, but takes over from's latency or frees it: from is empty afterwards. */
void tally_move(struct tally *into, struct tally *from);
void tally_clear(struct tally *t);

/* Sum of the latencies: how long was waited for answers. */
uint64_t tally_total_ns(const struct tally *t);

/*
 * Sets round_trips, failed, pending, bytes_sent, bytes_received, wire_bytes_sent,
 * wire_bytes_received and latency_ns.
 */
void tally_json(struct tally *t, json_t *object);

#endif
