/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer harness of one protocol, PROTOCOL: any bytes as the calls of one connection
 * that is said to speak it, with heads, holes, tails and calls that were lost.
 *
 *	CC=clang meson setup -Dfuzz=true -Db_lundef=false build-fuzz
 *	ninja -C build-fuzz tests/fuzz/fuzz_http1
 *	build-fuzz/tests/fuzz/fuzz_http1 -max_total_time=600 CORPUS
 *
 * An input is a row of calls: a byte that tells what follows (bit 0: received, 1: there is
 * a hole, 2: there is a tail, 3: calls before it are lost, 4: more than one call), a byte
 * of length, and so many bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/model/model.h"
#include "analyzer/protocols/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

extern const struct protocol PROTOCOL;

/* What it says is believed. */
static int score(enum side from, const struct bytes *b)
{
	int n = PROTOCOL.score(from, b);

	if (n < 0 || n > 100)
		abort();
	return from == CLIENT && n < 95 ? 95 : n;
}

static struct protocol believed;
const struct protocol *const protocols[] = { &believed, NULL };

static void touch_trip(void *user, const struct round_trip *t)
{
	uint64_t *sum = user;

	*sum += t->start_ns + (t->name ? strlen(t->name) : 0) + (t->failure ? strlen(t->failure) : 0);
	for (uint32_t i = 0; i < t->info_count; i++)
		*sum += t->info[i].text ? strlen(t->info[i].text) : t->info[i].number;
}

enum { RECEIVED = 1, HOLE = 2, TAIL = 4, LOST = 8, BYTE_BY_BYTE = 16 };

struct feeder {
	struct model *model;
	struct event event;
	uint64_t offsets[2];
	uint64_t now_ns;
};

static void call(struct feeder *f, uint8_t kind, const uint8_t *head, uint16_t head_bytes)
{
	bool received = kind & RECEIVED;
	uint16_t tail = kind & TAIL && head_bytes > 4 ? 4 : 0;
	struct event *e = &f->event;

	e->class = received ? CALL_CLASS_RECEIVE : CALL_CLASS_SEND;
	e->start_ns = e->moment_ns = ++f->now_ns;
	e->offset = f->offsets[received];
	e->head = head;
	e->head_bytes = (uint16_t)(head_bytes - tail);
	e->tail = head + e->head_bytes;
	e->tail_bytes = tail;
	e->result = head_bytes + (kind & HOLE ? 1000 : 0);
	if (tail && !(kind & HOLE))
		e->result += 1;
	f->offsets[received] += (uint64_t)e->result;
	model_feed(f->model, e);
}

/* The bytes are copied, so that those before and behind them are not ours. */
static size_t take_call(struct feeder *f, const uint8_t *data, size_t bytes)
{
	uint8_t kind = data[0];
	size_t length = data[1] < bytes - 2 ? data[1] : bytes - 2;
	uint8_t *copy = malloc(length ? length : 1);

	memcpy(copy, data + 2, length);
	if (kind & LOST)
		f->offsets[kind & RECEIVED] += 50;
	if (kind & BYTE_BY_BYTE)
		for (size_t i = 0; i < length; i++)
			call(f, kind & RECEIVED, copy + i, 1);
	else if (length)
		call(f, kind, copy, (uint16_t)length);
	free(copy);
	return 2 + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct process process = { .name = "fuzzed", .lost_events = bytes & 1 };
	struct thread thread = { .process = &process, .tid = 1 };
	struct connection connection = {
		.process = &process, .id = 1, .transport = TRANSPORT_TCP,
		.datagram = PROTOCOL.datagrams && (!PROTOCOL.streams || bytes & 2),
		.origin = ORIGIN_SOCKET, .connect_started_ns = 1, .connect_ended_ns = 2,
		.closed_ns = UNKNOWN, .closed_sent = UNKNOWN, .closed_received = UNKNOWN,
	};
	uint64_t sum = 0;
	struct feeder f = {
		.model = model_new(touch_trip, &sum),
		.event = { .process = &process, .thread = &thread, .connection = &connection,
			   .first_try_ns = UNKNOWN, .ready_ns = UNKNOWN },
		.now_ns = 10,
	};

	believed = PROTOCOL;
	believed.score = score;
	for (size_t i = 0; i + 2 < bytes;)
		i += take_call(&f, data + i, bytes - i);
	model_finish(f.model);
	model_free(f.model);
	return 0;
}
