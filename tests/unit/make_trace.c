/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a trace of round trips on TCP connections, as large as one likes: to measure
 * the analyzer and to try reports.
 *
 *	make_trace [--events N] [--threads N] [--connections N] [--payload BYTES] [--tls] FILE
 */
#include <err.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/trace_writer.h"

#define FRAMES 20
#define STACKS 50
#define FIRST_TID 1000

struct plan {
	uint64_t events, threads, connections, payload;
	bool tls; /* each call is one of OpenSSL's, made with one on the socket */
};

static void write_connections(struct trace_writer *w, uint64_t count)
{
	for (uint32_t id = 1; id <= count; id++) {
		struct trt_connection c = {
			.head = { .type = TRT_RECORD_CONNECTION, .detail = TRT_ORIGIN_SOCKET,
				  .id = id },
			.created_ns = 1000,
			.fd = (int32_t)(id + 2),
			.family = AF_INET,
			.socket_type = SOCK_STREAM,
		};
		struct trt_addresses a = {
			.head = { .type = TRT_RECORD_ADDRESSES, .id = id },
			.seen_ns = 1000,
			.local_bytes = sizeof(struct sockaddr_in),
			.remote_bytes = sizeof(struct sockaddr_in),
		};
		struct trt_connected connected = {
			.head = { .type = TRT_RECORD_CONNECTED, .id = id },
			.started_ns = 1000,
			.ended_ns = 1000 + 50 * id,
			.tid = FIRST_TID,
		};
		struct sockaddr_in ends[2] = { 0 };

		for (int i = 0; i < 2; i++) {
			ends[i].sin_family = AF_INET;
			ends[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
			ends[i].sin_port = htons(i ? 6379 : (uint16_t)(30000 + id % 30000));
		}
		writer_record(w, &c, sizeof(c), NULL, 0);
		writer_record(w, &a, sizeof(a), ends, sizeof(ends));
		writer_record(w, &connected, sizeof(connected), NULL, 0);
	}
}

static void write_stacks(struct trace_writer *w)
{
	uint64_t addresses[FRAMES];

	writer_module(w, "/usr/bin/tested", 0x400000, 0x500000, 1000);
	for (uint32_t id = 1; id <= STACKS; id++) {
		for (uint32_t i = 0; i < FRAMES; i++)
			addresses[i] = 0x400000 + (i + 1) * 0x1000 + (i < 3 ? id * 16 : 0);
		writer_stack(w, id, addresses, FRAMES);
	}
}

static void write_handshakes(struct trace_writer *w, uint64_t count)
{
	for (uint32_t id = 1; id <= count; id++) {
		struct trt_tls tls = {
			.head = { .type = TRT_RECORD_TLS, .detail = TRT_TLS_OPENSSL, .id = id },
			.started_ns = 1000,
			.ended_ns = 2000,
			.version = 0x304,
			.role = TRT_TLS_CLIENT,
		};

		writer_record(w, &tls, sizeof(tls), NULL, 0);
	}
}

/* With TLS, the call on the socket in the middle of it comes first. */
static void write_call(struct trace_writer *w, const struct plan *plan, struct written_event *e,
		       uint8_t call, uint8_t tls_call)
{
	struct written_event beneath = *e;

	beneath.call = call;
	if (plan->tls) {
		beneath.start_ns += e->duration_ns / 4;
		beneath.duration_ns /= 2;
		beneath.head_bytes = 0;
	}
	writer_event(w, &beneath);
	e->call = tls_call;
	if (plan->tls)
		writer_event(w, e);
}

/* Each thread asks and is answered on its connections in turn; the threads take turns. */
static void write_events(struct trace_writer *w, const struct plan *plan)
{
	uint64_t *offsets = calloc(plan->connections, sizeof(*offsets));
	char payload[1024];
	uint64_t now_ns = 1000000;

	if (!offsets)
		err(1, "calloc");
	memset(payload, 'x', sizeof(payload));
	for (uint64_t trip = 0; trip < plan->events / (plan->tls ? 4 : 2); trip++) {
		uint64_t connection = trip % plan->connections;
		struct written_event e = {
			.tid = (int32_t)(FIRST_TID + connection % plan->threads),
			.connection = (uint32_t)connection + 1,
			.start_ns = now_ns,
			.duration_ns = 4000 + trip * 7919 % 1000,
			.result = 64,
			.offset = offsets[connection],
			.stack = (uint32_t)(trip % STACKS) + 1,
			.fd = (int32_t)connection + 3,
			.head = payload,
			.head_bytes = (uint16_t)plan->payload,
		};

		write_call(w, plan, &e, TRT_CALL_send, TRT_CALL_SSL_write);
		e.start_ns += e.duration_ns + 300;
		e.duration_ns = 15000 + trip * 104729 % 20000;
		write_call(w, plan, &e, TRT_CALL_recv, TRT_CALL_SSL_read);
		offsets[connection] += 64;
		now_ns = e.start_ns + (connection % plan->threads == plan->threads - 1 ?
					       e.duration_ns + 500 : 0);
	}
	free(offsets);
	writer_close(w, now_ns + 1000000);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);

	if (*end || n < least || n > most)
		errx(2, "%s: not a number from %llu to %llu", text, (unsigned long long)least,
		     (unsigned long long)most);
	return n;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "events", required_argument, NULL, 'e' },
		{ "threads", required_argument, NULL, 't' },
		{ "connections", required_argument, NULL, 'c' },
		{ "payload", required_argument, NULL, 'p' },
		{ "tls", no_argument, NULL, 's' },
		{ 0 },
	};
	struct plan plan = { .events = 1000, .threads = 1, .connections = 1, .payload = 32 };
	struct trace_writer *w;
	uint64_t bytes;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
		switch (option) {
		case 'e':
			plan.events = number(optarg, 2, 1000000000);
			break;
		case 't':
			plan.threads = number(optarg, 1, 65536);
			break;
		case 'c':
			plan.connections = number(optarg, 1, 10000000);
			break;
		case 'p':
			plan.payload = number(optarg, 0, 64);
			break;
		case 's':
			plan.tls = true;
			break;
		default:
			return 2;
		}
	if (optind + 1 != argc)
		errx(2, "one FILE is needed");
	bytes = plan.events * (sizeof(struct trt_event) + 24 + plan.payload) +
		plan.connections * 300 + (plan.threads + 20) * TRT_CHUNK_BYTES;
	w = writer_new(argv[optind], (uint32_t)(bytes / TRT_CHUNK_BYTES * 101 / 100 + 10));
	write_connections(w, plan.connections);
	if (plan.tls)
		write_handshakes(w, plan.connections);
	write_stacks(w);
	write_events(w, &plan);
	return 0;
}
