/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts, bytes and latencies of a group of round trips. */
#include "analyzer/reports/tally.h"

#include "analyzer/util/json.h"

void tally_add(struct tally *t, const struct round_trip *trip)
{
	t->round_trips++;
	t->failed += round_trip_failed(trip);
	t->pending += trip->status == STATUS_PENDING;
	t->calls += trip->calls;
	t->bytes_sent += trip->bytes_sent;
	t->bytes_received += trip->bytes_received;
	if (trip->encryption == ENCRYPTION_SEEN) {
		t->has_wire = true;
		t->wire_bytes_sent += trip->wire_bytes_sent;
		t->wire_bytes_received += trip->wire_bytes_received;
	}
	t->encrypted += trip->encryption >= ENCRYPTION_UNSEEN;
	t->clear += trip->encryption == ENCRYPTION_NONE;
	if (trip->blocked_ns != UNKNOWN)
		t->blocked_ns += trip->blocked_ns;
	if (trip->latency_ns == UNKNOWN)
		return;
	if (!t->latency)
		t->latency = latency_new();
	latency_add(t->latency, trip->latency_ns);
}

static void add_counts(struct tally *into, const struct tally *from)
{
	into->round_trips += from->round_trips;
	into->failed += from->failed;
	into->pending += from->pending;
	into->calls += from->calls;
	into->bytes_sent += from->bytes_sent;
	into->bytes_received += from->bytes_received;
	into->has_wire |= from->has_wire;
	into->wire_bytes_sent += from->wire_bytes_sent;
	into->wire_bytes_received += from->wire_bytes_received;
	into->encrypted += from->encrypted;
	into->clear += from->clear;
	into->blocked_ns += from->blocked_ns;
}

void tally_merge(struct tally *into, const struct tally *from)
{
	add_counts(into, from);
	if (!from->latency)
		return;
	if (!into->latency)
		into->latency = latency_new();
	latency_merge(into->latency, from->latency);
}

void tally_move(struct tally *into, struct tally *from)
{
	add_counts(into, from);
	/* The smaller into the larger one: a deep tree costs n log n. */
	if (into->latency && from->latency &&
	    latency_count(into->latency) < latency_count(from->latency)) {
		struct latency *larger = from->latency;
		from->latency = into->latency;
		into->latency = larger;
	}
	if (!into->latency) {
		into->latency = from->latency;
	} else if (from->latency) {
		latency_merge(into->latency, from->latency);
		latency_free(from->latency);
	}
	*from = (struct tally){ 0 };
}

void tally_clear(struct tally *t)
{
	if (t->latency)
		latency_free(t->latency);
	*t = (struct tally){ 0 };
}

uint64_t tally_total_ns(const struct tally *t)
{
	return t->latency ? latency_total_ns(t->latency) : 0;
}

void tally_json(struct tally *t, json_t *object)
{
	if (!t->latency)
		t->latency = latency_new();
	json_object_set_new(object, "round_trips", json_known(t->round_trips));
	json_object_set_new(object, "failed", json_known(t->failed));
	json_object_set_new(object, "pending", json_known(t->pending));
	json_object_set_new(object, "bytes_sent", json_known(t->bytes_sent));
	json_object_set_new(object, "bytes_received", json_known(t->bytes_received));
	json_object_set_new(object, "wire_bytes_sent",
			    json_known(t->has_wire ? t->wire_bytes_sent : UNKNOWN));
	json_object_set_new(object, "wire_bytes_received",
			    json_known(t->has_wire ? t->wire_bytes_received : UNKNOWN));
	json_object_set_new(object, "latency_ns", json_latency(t->latency));
}
