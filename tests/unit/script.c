/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads traces written as text. */
#include "tests/unit/script.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define CONNECTIONS_MAX 100
#define WORDS_MAX 40

struct script {
	struct trace_writer *w;
	uint64_t offsets[CONNECTIONS_MAX][4]; /* sent, received; by TLS calls: sent, received */
	uint64_t end_ns;
	const char *line;
	char *words[WORDS_MAX + 1]; /* of the line; NULL behind the last */
	size_t count;
};

__attribute__((noreturn)) static void complain(const struct script *s)
{
	errx(1, "cannot read this line of a script: %s", s->line);
}

/* Word i, from 0. */
static char *word(const struct script *s, size_t i)
{
	if (i >= s->count)
		complain(s);
	return s->words[i];
}

static uint64_t number_in(const struct script *s, const char *text, char **end)
{
	char *stop;
	uint64_t n = strtoull(text, &stop, 0);

	if (stop == text || (!end && *stop))
		complain(s);
	if (end)
		*end = stop;
	return n;
}

static uint64_t number(const struct script *s, size_t i)
{
	return number_in(s, word(s, i), NULL);
}

static uint32_t id(const struct script *s, size_t i)
{
	uint64_t n = number(s, i);

	if (n >= CONNECTIONS_MAX)
		complain(s);
	return (uint32_t)n;
}

static void range(const struct script *s, size_t i, uint64_t *start, uint64_t *end)
{
	char *dash;

	*start = number_in(s, word(s, i), &dash);
	if (*dash != '-')
		complain(s);
	*end = number_in(s, dash + 1, NULL);
}

/* What follows "name=" among the words from the given one on; NULL without it. */
static const char *option(const struct script *s, size_t from, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = from; i < s->count; i++)
		if (strncmp(s->words[i], name, length) == 0 && s->words[i][length] == '=')
			return s->words[i] + length + 1;
	return NULL;
}

static bool has_word(const struct script *s, size_t from, const char *text)
{
	for (size_t i = from; i < s->count; i++)
		if (strcmp(s->words[i], text) == 0)
			return true;
	return false;
}

static uint64_t number_option(const struct script *s, size_t from, const char *name,
			      uint64_t otherwise)
{
	const char *text = option(s, from, name);

	return text ? number_in(s, text, NULL) : otherwise;
}

static int error_number(const struct script *s, const char *name)
{
	static const struct {
		const char *name;
		int number;
	} errors[] = {
		{ "EAGAIN", EAGAIN },
		{ "EINTR", EINTR },
		{ "EINPROGRESS", EINPROGRESS },
		{ "ECONNRESET", ECONNRESET },
		{ "EPIPE", EPIPE },
		{ "ETIMEDOUT", ETIMEDOUT },
		{ "ECONNREFUSED", ECONNREFUSED },
		{ "EPROTO", EPROTO },
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (strcmp(name, errors[i].name) == 0)
			return errors[i].number;
	complain(s);
}

static bool find_call(const char *name, uint8_t *call, int *class)
{
	static const struct {
		const char *name;
		uint8_t call;
		int class;
	} calls[] = {
#define CALL(number, call_name, call_class) { #call_name, number, TRT_CLASS_##call_class },
#include "preload/calls.def"
#undef CALL
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(name, calls[i].name) == 0) {
			*call = calls[i].call;
			*class = calls[i].class;
			return true;
		}
	return false;
}

/* The dictionary */

static void read_kind(const struct script *s, struct trt_connection *c)
{
	static const struct {
		const char *name;
		uint16_t family, type;
	} kinds[] = {
		{ "tcp", AF_INET, SOCK_STREAM },    { "tcp6", AF_INET6, SOCK_STREAM },
		{ "udp", AF_INET, SOCK_DGRAM },     { "unix", AF_UNIX, SOCK_STREAM },
		{ "unixgram", AF_UNIX, SOCK_DGRAM },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(word(s, 2), kinds[i].name) == 0) {
			c->family = kinds[i].family;
			c->socket_type = kinds[i].type;
			return;
		}
	complain(s);
}

static uint8_t origin(const struct script *s)
{
	static const char *const names[] = { NULL,    "socket", "accept", "pair",
					     "found", "forked", "peer" };

	for (uint8_t i = 1; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(word(s, 3), names[i]) == 0)
			return i;
	complain(s);
}

static void write_connection(struct script *s)
{
	struct trt_connection c = {
		.head = { .type = TRT_RECORD_CONNECTION, .detail = origin(s), .id = id(s, 1) },
		.created_ns = number_option(s, 4, "created", 1000),
		.fd = (int32_t)id(s, 1) + 2,
		.parent = (uint32_t)number_option(s, 4, "parent", 0),
		.sent_before = number_option(s, 4, "sent", 0),
		.received_before = number_option(s, 4, "received", 0),
		.cookie = number_option(s, 4, "cookie", 0),
		.inode = number_option(s, 4, "inode", 0),
		.flags = has_word(s, 4, "offsets") ? TRT_CONNECTION_OFFSETS : 0,
	};

	read_kind(s, &c);
	s->offsets[c.head.id][0] = c.sent_before;
	s->offsets[c.head.id][1] = c.received_before;
	writer_record(s->w, &c, sizeof(c), NULL, 0);
}

static void write_unix_peer(struct script *s)
{
	struct trt_unix_peer p = {
		.head = { .type = TRT_RECORD_UNIX_PEER, .id = id(s, 1) },
		.seen_ns = 1000,
		.inode = number(s, 2),
		.pid = (int32_t)number(s, 3),
	};

	writer_record(s->w, &p, sizeof(p), NULL, 0);
}

/* Returns the bytes of the address. */
static uint16_t parse_address(const struct script *s, char *text, struct sockaddr_storage *storage)
{
	struct sockaddr_un *un = (struct sockaddr_un *)storage;
	struct sockaddr_in *in = (struct sockaddr_in *)storage;
	size_t length = strlen(text);
	char *colon = strrchr(text, ':');

	memset(storage, 0, sizeof(*storage));
	if (*text == '?')
		return 0;
	if (*text == '/' || *text == '@') {
		un->sun_family = AF_UNIX;
		memcpy(un->sun_path, text, length < sizeof(un->sun_path) ? length : 0);
		if (*text == '@')
			un->sun_path[0] = '\0';
		return (uint16_t)(offsetof(struct sockaddr_un, sun_path) + length + (*text == '/'));
	}
	if (!colon)
		complain(s);
	*colon = '\0';
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)number_in(s, colon + 1, NULL));
	if (inet_pton(AF_INET, text, &in->sin_addr) != 1)
		complain(s);
	return sizeof(*in);
}

static void write_addresses(struct script *s)
{
	struct sockaddr_storage local, remote;
	struct trt_addresses a = {
		.head = { .type = TRT_RECORD_ADDRESSES, .id = id(s, 1) },
		.seen_ns = 1000,
		.local_bytes = parse_address(s, word(s, 2), &local),
		.remote_bytes = parse_address(s, word(s, 3), &remote),
	};
	char both[2 * sizeof(local)];

	memcpy(both, &local, a.local_bytes);
	memcpy(both + a.local_bytes, &remote, a.remote_bytes);
	writer_record(s->w, &a, sizeof(a), both, (size_t)a.local_bytes + a.remote_bytes);
}

static void write_connected(struct script *s)
{
	struct trt_connected c = {
		.head = { .type = TRT_RECORD_CONNECTED, .id = id(s, 1) },
		.error = s->count > 3 ? error_number(s, word(s, 3)) : 0,
		.tid = 1,
	};

	range(s, 2, &c.started_ns, &c.ended_ns);
	writer_record(s->w, &c, sizeof(c), NULL, 0);
}

static uint16_t add_text(const struct script *s, const char *name, char *more, size_t *used)
{
	const char *text = option(s, 3, name);
	size_t bytes = text ? strlen(text) : 0;

	for (size_t i = 0; i < bytes; i++)
		more[*used + i] = text[i] == '_' ? ' ' : text[i];
	*used += bytes;
	return (uint16_t)bytes;
}

static void write_tls(struct script *s)
{
	const char *role = option(s, 3, "role"), *error = option(s, 3, "error");
	const char *resumed = option(s, 3, "resumed");
	char more[1024];
	size_t used = 0;
	struct trt_tls t = {
		.head = { .type = TRT_RECORD_TLS, .id = id(s, 1),
			  .detail = (uint8_t)number_option(s, 3, "library", TRT_TLS_OPENSSL) },
		.sent_before = number_option(s, 3, "sent", 0),
		.received_before = number_option(s, 3, "received", 0),
		.error = error ? error_number(s, error) : 0,
		.tid = 1,
		.stack = (uint32_t)number_option(s, 3, "stack", 0),
		.version = (uint16_t)number_option(s, 3, "version", 0x304),
		.role = !role			     ? TRT_TLS_ROLE_UNKNOWN :
			strcmp(role, "server") == 0 ? TRT_TLS_SERVER :
						      TRT_TLS_CLIENT,
		.resumed = !resumed		     ? TRT_TLS_RESUMED_UNKNOWN :
			   strcmp(resumed, "1") == 0 ? TRT_TLS_RESUMED :
						       TRT_TLS_FULL,
	};

	range(s, 2, &t.started_ns, &t.ended_ns);
	t.server_name_bytes = add_text(s, "sni", more, &used);
	t.alpn_bytes = add_text(s, "alpn", more, &used);
	t.reason_bytes = add_text(s, "reason", more, &used);
	s->offsets[t.head.id][2] = t.sent_before;
	s->offsets[t.head.id][3] = t.received_before;
	writer_record(s->w, &t, sizeof(t), more, used);
}

static void write_closed(struct script *s)
{
	struct trt_closed c = {
		.head = { .type = TRT_RECORD_CLOSED, .id = id(s, 1) },
		.closed_ns = number(s, 2),
		.sent = number(s, 3),
		.received = number(s, 4),
	};

	writer_record(s->w, &c, sizeof(c), NULL, 0);
}

static void write_lookup(struct script *s)
{
	struct trt_address addresses[WORDS_MAX];
	char more[sizeof(addresses) + 256];
	const char *by = option(s, 5, "by");
	bool numeric = has_word(s, 5, "numeric");
	size_t bytes, count = s->count - 5 - (by != NULL) - numeric;
	struct trt_lookup l = {
		.head = { .type = TRT_RECORD_LOOKUP, .id = numeric },
		.tid = (int32_t)number(s, 1),
		.result = atoi(word(s, 4)),
		.address_count = (uint16_t)count,
		.name_bytes = (uint16_t)strlen(word(s, 2)),
	};
	int class;

	if (by && !find_call(by, &l.head.detail, &class))
		complain(s);
	range(s, 3, &l.started_ns, &l.ended_ns);
	for (size_t i = 0; i < count; i++) {
		addresses[i] = (struct trt_address){ .family = AF_INET };
		if (inet_pton(AF_INET, word(s, 5 + i), addresses[i].address) != 1)
			complain(s);
	}
	bytes = count * sizeof(addresses[0]);
	memcpy(more, addresses, bytes);
	memcpy(more + bytes, word(s, 2), l.name_bytes);
	writer_record(s->w, &l, sizeof(l), more, bytes + l.name_bytes);
}

static void write_last_view(struct script *s)
{
	struct trt_kernel k = {
		.head = { .type = TRT_RECORD_KERNEL_LAST, .id = id(s, 1) },
		.when_ns = number(s, 2),
		.rtt_us = (uint32_t)number(s, 3),
		.min_rtt_us = (uint32_t)number(s, 4),
		.retransmits = (uint32_t)number(s, 5),
		.acknowledged_bytes = number(s, 6),
		.received_bytes = number(s, 7),
		.unread_bytes = (uint32_t)number(s, 8),
		.state = (uint32_t)number(s, 9),
	};

	writer_record(s->w, &k, sizeof(k), NULL, 0);
}

static void write_view(struct script *s)
{
	struct trt_kernel k = {
		.head = { sizeof(k), TRT_RECORD_KERNEL, 0, id(s, 2) },
		.when_ns = number(s, 3),
		.rtt_us = (uint32_t)number(s, 4),
		.min_rtt_us = (uint32_t)number(s, 5),
		.retransmits = (uint32_t)number(s, 6),
		.state = 1,
	};

	writer_between(s->w, (int32_t)number(s, 1), &k, k.when_ns);
}

static void write_sample(struct script *s)
{
	struct trt_sample sample = {
		.head = { sizeof(sample), TRT_RECORD_SAMPLE, 0, 0 },
		.when_ns = number(s, 2),
		.user_ns = number(s, 3),
		.resident_bytes = number(s, 4),
	};

	writer_between(s->w, (int32_t)number(s, 1), &sample, sample.when_ns);
}

static void set_lost_records(struct script *s)
{
	writer_header(s->w)->lost_records = number(s, 1);
}

static void set_boot(struct script *s)
{
	writer_header(s->w)->boot_id[0] = (uint8_t)number(s, 1);
}

static void set_network(struct script *s)
{
	writer_header(s->w)->network_namespace = (uint32_t)number(s, 1);
}

static void set_blind_spots(struct script *s)
{
	writer_header(s->w)->blind_spots = (uint32_t)number(s, 1);
}

static void write_stack(struct script *s)
{
	uint64_t addresses[WORDS_MAX];

	for (size_t i = 2; i < s->count; i++)
		addresses[i - 2] = number(s, i);
	writer_stack(s->w, (uint32_t)number(s, 1), addresses, (uint32_t)s->count - 2);
}

static void write_runtime(struct script *s)
{
	struct trt_runtime r = {
		.head = { .type = TRT_RECORD_RUNTIME, .id = TRT_LANGUAGE_PYTHON,
			  .detail = TRT_RUNTIME_ON },
		.seen_ns = 1000, .version = 0x030b02f0,
	};

	range(s, 1, &r.loop_start, &r.loop_end);
	writer_record(s->w, &r, sizeof(r), NULL, 0);
}

static void write_function(struct script *s)
{
	struct trt_language_function f = {
		.head = { .type = TRT_RECORD_LANGUAGE_FUNCTION, .id = (uint32_t)number(s, 1),
			  .detail = TRT_LANGUAGE_PYTHON },
		.first_line = 1,
	};
	char more[1024];

	f.name_bytes = (uint16_t)strlen(word(s, 2));
	f.file_bytes = (uint16_t)strlen(word(s, 3));
	snprintf(more, sizeof(more), "%s%s", word(s, 2), word(s, 3));
	writer_record(s->w, &f, sizeof(f), more, (size_t)f.name_bytes + f.file_bytes);
}

static void write_frame(struct script *s)
{
	struct trt_language_frame f = {
		.head = { .type = TRT_RECORD_LANGUAGE_FRAME, .id = (uint32_t)number(s, 1),
			  .detail = TRT_LANGUAGE_PYTHON },
		.function = (uint32_t)number(s, 2), .line = (uint32_t)number(s, 3),
	};

	writer_record(s->w, &f, sizeof(f), NULL, 0);
}

static void write_language_stack(struct script *s)
{
	struct trt_language_stack l = {
		.head = { .type = TRT_RECORD_LANGUAGE_STACK, .id = (uint32_t)number(s, 1) },
		.language = TRT_LANGUAGE_PYTHON, .depth = (uint32_t)s->count - 2,
	};
	uint32_t frames[WORDS_MAX];

	for (size_t i = 2; i < s->count; i++) {
		char *end;
		frames[i - 2] = (uint32_t)number_in(s, word(s, i), &end);
		if (*end == '|')
			frames[i - 2] |= TRT_FRAME_ENTRY;
	}
	writer_record(s->w, &l, sizeof(l), frames, l.depth * sizeof(frames[0]));
}

static void write_module(struct script *s)
{
	uint64_t start, end;

	range(s, 2, &start, &end);
	writer_module(s->w, word(s, 1), start, end, 1000);
}

static void write_name(struct script *s)
{
	struct trt_thread t = {
		.head = { .type = TRT_RECORD_THREAD, .id = (uint32_t)number(s, 1) }, .seen_ns = 1000
	};

	snprintf(t.name, sizeof(t.name), "%s", word(s, 2));
	writer_record(s->w, &t, sizeof(t), NULL, 0);
}

static void write_note(struct script *s)
{
	const char *text = strstr(s->line, "note ") + 5;
	struct trt_note n = { .head = { .type = TRT_RECORD_NOTE }, .seen_ns = 1000,
			      .text_bytes = (uint32_t)strlen(text) };

	writer_record(s->w, &n, sizeof(n), text, n.text_bytes);
}

/* The header and the chunks */

static void set_process(struct script *s)
{
	struct trt_header *h = writer_header(s->w);
	const char *name = word(s, 2);
	char path[100];

	snprintf(path, sizeof(path), "/usr/bin/%s", name);
	writer_command(s->w, path, name, strlen(name) + 1);
	h->pid = (int32_t)number(s, 1);
	h->parent_pid = (int32_t)number(s, 3);
}

static void set_detail(struct script *s)
{
	writer_header(s->w)->detail =
		strcmp(word(s, 1), "fine") == 0 ? TRT_DETAIL_FINE : TRT_DETAIL_COARSE;
}

static void set_lost(struct script *s)
{
	writer_header(s->w)->lost_events = number(s, 1);
}

static void set_end(struct script *s)
{
	s->end_ns = number(s, 1);
}

static void hand_over(struct script *s)
{
	writer_hand_over(s->w, (int32_t)number(s, 1));
}

static void skip(struct script *s)
{
	static const char *const streams[] = { "sent", "received", "tls_sent", "tls_received" };

	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
		if (strcmp(word(s, 2), streams[i]) == 0) {
			s->offsets[id(s, 1)][i] += number(s, 3);
			return;
		}
	complain(s);
}

/* Calls */

static void read_tries(const struct script *s, struct written_event *e)
{
	const char *text = option(s, 5, "tries");
	char *comma;

	if (!text)
		return;
	e->tries = number_in(s, text, &comma);
	if (*comma != ',')
		complain(s);
	e->first_try_ns = number_in(s, comma + 1, NULL);
}

/* Payload: what stands behind backslashes is replaced by its byte in the line. */
static const char *bytes_option(const struct script *s, const char *name, uint16_t *length)
{
	char *text = (char *)option(s, 5, name), *to = text;

	*length = 0;
	for (const char *from = text; from && *from; (*length)++) {
		char c = *from++;

		if (c == '\\' && *from == 'x') {
			c = (char)strtoul((char[]){ from[1], from[2], '\0' }, NULL, 16);
			from += 3;
		} else if (c == '\\') {
			c = *from == 'r' ? '\r' : *from == 'n' ? '\n' : ' ';
			from++;
		}
		*to++ = c;
	}
	return text;
}

static void read_options(const struct script *s, struct written_event *e)
{
	e->stack = (uint32_t)number_option(s, 5, "stack", 0);
	e->language_stack = (uint32_t)number_option(s, 5, "language_stack", 0);
	e->waited_ns = number_option(s, 5, "waited", 0);
	e->ready_ns = number_option(s, 5, "ready", 0);
	e->offset = number_option(s, 5, "offset", e->offset);
	e->head = bytes_option(s, "head", &e->head_bytes);
	e->tail = bytes_option(s, "tail", &e->tail_bytes);
	if (strcmp(s->words[4], "*") == 0)
		e->result = e->head_bytes;
	for (size_t i = 5; i < s->count; i++)
		e->flags |= strcmp(s->words[i], "peek") == 0      ? TRT_EVENT_PEEK :
			    strcmp(s->words[i], "continued") == 0 ? TRT_EVENT_CONTINUED :
			    strcmp(s->words[i], "received") == 0  ? TRT_EVENT_RECEIVED :
								    0;
	e->has_value = option(s, 5, "value") != NULL;
	e->value = number_option(s, 5, "value", 0);
	read_tries(s, e);
}

static void write_call(struct script *s)
{
	struct written_event e = { .tid = (int32_t)number(s, 0), .connection = id(s, 2) };
	uint64_t *offset, end;
	bool sends, receives, tls;
	int class;

	if (!find_call(word(s, 1), &e.call, &class))
		complain(s);
	e.fd = e.connection ? (int32_t)e.connection + 2 : -1;
	range(s, 3, &e.start_ns, &end);
	e.duration_ns = end - e.start_ns;
	e.result = word(s, 4)[0] == 'E' ? -error_number(s, word(s, 4)) :
		   word(s, 4)[0] == '*' ? 0 : (int32_t)number(s, 4);
	if (class == TRT_CLASS_SEND && has_word(s, 5, "received"))
		class = TRT_CLASS_RECEIVE; /* splice() */
	tls = class >= TRT_CLASS_TLS;
	sends = class == TRT_CLASS_SEND || class == TRT_CLASS_TLS_SEND;
	receives = class == TRT_CLASS_RECEIVE || class == TRT_CLASS_TLS_RECEIVE;
	offset = &s->offsets[e.connection][2 * tls + receives];
	if (sends || receives)
		e.offset = *offset;
	read_options(s, &e);
	if (e.offset == *offset && e.result > 0 && !(e.flags & TRT_EVENT_PEEK) &&
	    (sends || receives))
		*offset += (uint64_t)e.result;
	writer_event(s->w, &e);
}

static void read_line(struct script *s)
{
	static const struct {
		const char *word;
		void (*write)(struct script *s);
	} lines[] = {
		{ "process", set_process },       { "detail", set_detail },
		{ "lost", set_lost },             { "connection", write_connection },
		{ "addresses", write_addresses }, { "connected", write_connected },
		{ "closed", write_closed },       { "stack", write_stack },
		{ "module", write_module },       { "name", write_name },
		{ "note", write_note },           { "handover", hand_over },
		{ "skip", skip },                 { "end", set_end },
		{ "lookup", write_lookup },       { "last_view", write_last_view },
		{ "view", write_view },           { "sample", write_sample },
		{ "blind", set_blind_spots },     { "unix_peer", write_unix_peer },
		{ "network", set_network },        { "lost_records", set_lost_records },
		{ "boot", set_boot },       { "tls", write_tls },
		{ "runtime", write_runtime },     { "function", write_function },
		{ "frame", write_frame },         { "language_stack", write_language_stack },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (strcmp(s->words[0], lines[i].word) == 0) {
			lines[i].write(s);
			return;
		}
	write_call(s);
}

void script_write(const char *text, const char *path)
{
	struct script s = { .w = writer_new(path, 8) };
	char *copy = strdup(text), *line, *lines = copy;

	while ((line = strsep(&lines, "\n")) != NULL) {
		char *whole = strdup(line);

		s.line = whole;
		s.count = 0;
		for (char *w; s.count < WORDS_MAX && (w = strsep(&line, " \t")) != NULL;)
			if (*w)
				s.words[s.count++] = w;
		if (s.count && s.words[0][0] != '#')
			read_line(&s);
		free(whole);
	}
	free(copy);
	if (s.end_ns)
		writer_close(s.w, s.end_ns);
	else
		writer_kill(s.w);
}
