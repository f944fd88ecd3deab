/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One round trip, told. */
#include "analyzer/reports/trip.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/util/json.h"
#include "analyzer/util/text.h"

json_t *address_json(const struct address *a)
{
	char text[ADDRESS_TEXT_BYTES];

	return a->length ? json_text(address_format(a, text, sizeof(text))) : json_null();
}

static const char *frame_name(const void *items, size_t i)
{
	return ((const struct frame *const *)items)[i]->name;
}

static const char *frame_place_text(const void *items, size_t i)
{
	return ((const struct frame *const *)items)[i]->place;
}

static const char *frame_language(const void *items, size_t i)
{
	return language_name(((const struct frame *const *)items)[i]->language);
}

/* An address, or null if it is not known. */
static void add_address(struct jsonline *line, const char *key, const struct address *a)
{
	char text[ADDRESS_TEXT_BYTES];

	if (a->length)
		jsonline_text(line, key, address_format(a, text, sizeof(text)));
	else
		jsonline_null(line, key);
}

/* What the protocol tells, under keys of its own. */
static void add_protocol_info(struct jsonline *line, const struct round_trip *t)
{
	if (!t->info_count) {
		jsonline_null(line, "protocol_info");
		return;
	}
	jsonline_open(line, "protocol_info");
	for (uint32_t i = 0; i < t->info_count; i++) {
		if (t->info[i].text)
			jsonline_text(line, t->info[i].key, t->info[i].text);
		else
			jsonline_known(line, t->info[i].key, t->info[i].number);
	}
	jsonline_close(line);
}

void trip_line(const struct scope *scope, const struct round_trip *t, struct jsonline *line)
{
	const struct connection *c = t->connection;
	size_t count;
	const struct frame *const *frames =
		symbols_stack(scope->symbols, trip_stack(t), &count);

	jsonline_begin(line);
	jsonline_integer(line, "pid", t->process->pid);
	jsonline_known(line, "tid", t->thread ? (uint64_t)t->thread->tid : UNKNOWN);
	jsonline_text(line, "process", t->process->name);
	jsonline_integer(line, "connection", c->id);
	jsonline_text(line, "role", role_name(t->role));
	jsonline_text(line, "transport", transport_name(c->transport));
	add_address(line, "local", &c->local);
	add_address(line, "remote", &c->remote);
	jsonline_text(line, "host", c->host);
	jsonline_text(line, "protocol", t->protocol);
	jsonline_text(line, "name", t->name);
	jsonline_text(line, "status", status_name(t->status));
	jsonline_text(line, "error", trip_error(t));
	add_protocol_info(line, t);
	jsonline_bool(line, "waiting_by_design", t->waiting_by_design);
	jsonline_known(line, "start_ns", t->start_ns - scope->started_ns);
	jsonline_known(line, "latency_ns", t->latency_ns);
	jsonline_known(line, "lookup_ns", t->lookup_ns);
	jsonline_known(line, "handshake_ns", t->handshake_ns);
	jsonline_known(line, "queue_ns", t->queue_ns);
	jsonline_known(line, "send_ns", t->send_ns);
	jsonline_known(line, "wait_ns", t->wait_ns);
	jsonline_known(line, "receive_ns", t->receive_ns);
	jsonline_known(line, "blocked_ns", t->blocked_ns);
	jsonline_known(line, "bytes_sent", t->bytes_sent);
	jsonline_known(line, "bytes_received", t->bytes_received);
	jsonline_known(line, "wire_bytes_sent", t->wire_bytes_sent);
	jsonline_known(line, "wire_bytes_received", t->wire_bytes_received);
	jsonline_integer(line, "calls", t->calls);
	jsonline_texts(line, "stack", count, frame_name, frames);
	jsonline_texts(line, "stack_lines", count, frame_place_text, frames);
	jsonline_texts(line, "stack_languages", count, frame_language, frames);
	jsonline_finish(line);
}

/* "unix" is what address_format() has for an end without a name, "?" for an unknown one. */
static bool names_nothing(const char *address)
{
	return strcmp(address, "unix") == 0 || strcmp(address, "?") == 0;
}

const char *connection_peer(const struct connection *c, char *buffer, size_t size)
{
	char address[ADDRESS_TEXT_BYTES];
	const char *colon;

	address_format(&c->remote, address, sizeof(address));
	colon = strrchr(address, ':');
	if (c->host && colon)
		snprintf(buffer, size, "%s%s", c->host, colon);
	else
		snprintf(buffer, size, "%s", address);
	return buffer;
}

const char *endpoint_label(const struct connection *c, enum role role, char *buffer, size_t size)
{
	bool server = role == ROLE_SERVER;

	address_format(server ? &c->local : &c->remote, buffer, size);
	if (names_nothing(buffer))
		address_format(server ? &c->remote : &c->local, buffer, size);
	if (names_nothing(buffer))
		snprintf(buffer, size, "%s %s", transport_name(c->transport),
			 c->origin == ORIGIN_PAIR ? "pair" : "socket");
	return buffer;
}

const char *connection_label(const struct connection *c, bool utf8, char *buffer, size_t size)
{
	char raw[ADDRESS_TEXT_BYTES + 512];

	connection_peer(c, raw, sizeof(raw));
	if (names_nothing(raw))
		endpoint_label(c, ROLE_CLIENT, raw, sizeof(raw));
	return text_clean(raw, utf8, buffer, size);
}

const char *connection_id(const struct scope *scope, const struct connection *c, char *buffer,
			  size_t size)
{
	size_t count;

	recording_processes(scope->recording, &count);
	if (count > 1)
		snprintf(buffer, size, "%" PRId32 "#%" PRIu32, c->process->pid, c->id);
	else
		snprintf(buffer, size, "#%" PRIu32, c->id);
	return buffer;
}

const char *trip_name(const struct round_trip *t, bool utf8, char *buffer, size_t size)
{
	char raw[TRIP_TEXT_BYTES];

	if (!t->protocol && !t->name)
		return NULL;
	snprintf(raw, sizeof(raw), "%s%s%s", t->protocol ? t->protocol : "",
		 t->protocol && t->name ? " " : "", t->name ? t->name : "");
	return text_clean(raw, utf8, buffer, size);
}

const char *trip_error(const struct round_trip *t)
{
	return t->failure ? t->failure : t->error ? strerrorname_np(t->error) : NULL;
}

const char *trip_outcome(const struct round_trip *t)
{
	const char *error = trip_error(t);

	return round_trip_failed(t) && error ? error : status_name(t->status);
}

struct stack_reference trip_stack(const struct round_trip *t)
{
	return (struct stack_reference){ t->process, t->stack_id, t->language_stack_id };
}

const struct frame *caller_frame(const struct scope *scope, struct stack_reference stack)
{
	size_t count;
	const struct frame *const *frames = symbols_stack(scope->symbols, stack, &count);

	return count ? frames[count - 1] : NULL;
}
