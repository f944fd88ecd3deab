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

static json_t *stack_json(const struct scope *scope, const struct round_trip *t)
{
	size_t count;
	const struct frame *const *frames =
		symbols_stack(scope->symbols, t->process, t->stack_id, &count);

	if (!count)
		return json_null();
	json_t *array = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_string(frames[i]->name));
	return array;
}

json_t *trip_json(const struct scope *scope, const struct round_trip *t)
{
	const struct connection *c = t->connection;
	json_t *o = json_object();

	json_object_set_new(o, "pid", json_integer(t->process->pid));
	json_object_set_new(o, "tid", t->thread ? json_integer(t->thread->tid) : json_null());
	json_object_set_new(o, "process", json_text(t->process->name));
	json_object_set_new(o, "connection", json_integer(c->id));
	json_object_set_new(o, "role", json_text(role_name(t->role)));
	json_object_set_new(o, "transport", json_text(transport_name(c->transport)));
	json_object_set_new(o, "local", address_json(&c->local));
	json_object_set_new(o, "remote", address_json(&c->remote));
	json_object_set_new(o, "host", json_null()); /* names that were looked up are not recorded */
	json_object_set_new(o, "protocol", json_text(t->protocol));
	json_object_set_new(o, "name", json_text(t->name));
	json_object_set_new(o, "status", json_text(status_name(t->status)));
	json_object_set_new(o, "start_ns", json_known(t->start_ns - scope->started_ns));
	json_object_set_new(o, "latency_ns", json_known(t->latency_ns));
	json_object_set_new(o, "send_ns", json_known(t->send_ns));
	json_object_set_new(o, "wait_ns", json_known(t->wait_ns));
	json_object_set_new(o, "receive_ns", json_known(t->receive_ns));
	json_object_set_new(o, "blocked_ns", json_known(t->blocked_ns));
	json_object_set_new(o, "bytes_sent", json_known(t->bytes_sent));
	json_object_set_new(o, "bytes_received", json_known(t->bytes_received));
	json_object_set_new(o, "calls", json_integer(t->calls));
	json_object_set_new(o, "stack", stack_json(scope, t));
	return o;
}

/* "unix" is what address_format() has for an end without a name, "?" for an unknown one. */
static bool names_nothing(const char *address)
{
	return strcmp(address, "unix") == 0 || strcmp(address, "?") == 0;
}

const char *connection_label(const struct connection *c, bool utf8, char *buffer, size_t size)
{
	char raw[ADDRESS_TEXT_BYTES];

	address_format(&c->remote, raw, sizeof(raw));
	if (names_nothing(raw))
		address_format(&c->local, raw, sizeof(raw));
	if (names_nothing(raw))
		snprintf(raw, sizeof(raw), "%s %s", transport_name(c->transport),
			 c->origin == ORIGIN_PAIR ? "pair" : "socket");
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

const char *trip_outcome(const struct round_trip *t)
{
	const char *error = t->error ? strerrorname_np(t->error) : NULL;

	return round_trip_failed(t) && error ? error : status_name(t->status);
}
