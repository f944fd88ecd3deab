/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What could not be seen, and on which connections. */
#include "analyzer/reports/unseen.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analyzer/reports/trip.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/flow.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

#define SHOWN_MAX 5

struct unseen_connection {
	const struct connection *connection;
	uint64_t unseen_bytes, all_bytes;
	bool has_stream;
};

/* Goodbyes and changes of keys behind a handshake are smaller; servers may send tickets there. */
#define CLIENT_CONTROL_BYTES_MAX 128

/* What a client sends behind its handshake is plaintext that some call gave, or got. */
static bool is_mute(const struct connection *c, const struct connection_stats *s)
{
	if (s->encryption != ENCRYPTION_SEEN || !connection_shook_hands(c) || c->tls->error)
		return false;
	if (s->role == ROLE_CLIENT)
		return !s->bytes_sent &&
		       s->socket_sent > c->tls->sent_after + CLIENT_CONTROL_BYTES_MAX;
	return s->role == ROLE_SERVER && !s->bytes_received &&
	       s->socket_received > c->tls->received_after + CLIENT_CONTROL_BYTES_MAX;
}

void unseen_add(struct unseen *u, const struct scope *scope, const struct connection *c)
{
	struct connection_stats stats = model_connection(scope->model, c);
	bool has_stream = stats.has_stream;
	uint64_t unseen_bytes, all_bytes;

	u->streams += has_stream;
	if (stats.encryption == ENCRYPTION_UNSEEN) {
		u->encrypted = xgrow(u->encrypted, u->encrypted_count, &u->encrypted_room,
				     sizeof(*u->encrypted));
		u->encrypted[u->encrypted_count++] = c;
	}
	if (is_mute(c, &stats)) {
		u->mute = xgrow(u->mute, u->mute_count, &u->mute_room, sizeof(*u->mute));
		u->mute[u->mute_count++] = c;
	}
	if (!connection_unseen(c, &unseen_bytes, &all_bytes))
		return;
	u->compared++;
	if (!unseen_bytes)
		return;
	u->bytes += unseen_bytes;
	u->connections = xgrow(u->connections, u->count, &u->room, sizeof(*u->connections));
	u->connections[u->count++] = (struct unseen_connection){ c, unseen_bytes, all_bytes,
								 has_stream };
}

void unseen_add_thread(struct unseen *u, const struct scope *scope, const struct thread *t)
{
	struct thread_stats stats = model_thread(scope->model, t);

	u->unjoined_calls += stats.unjoined.calls;
	u->unjoined_bytes_sent += stats.unjoined.bytes_sent;
	u->unjoined_bytes_received += stats.unjoined.bytes_received;
}

void unseen_free(struct unseen *u)
{
	free(u->encrypted);
	free(u->mute);
	free(u->connections);
}

static int most_first(const void *left, const void *right)
{
	const struct unseen_connection *a = left, *b = right;

	if (a->unseen_bytes != b->unseen_bytes)
		return a->unseen_bytes > b->unseen_bytes ? -1 : 1;
	return (a->connection->id > b->connection->id) - (a->connection->id < b->connection->id);
}

static void print_connection(const struct unseen_connection *u, const struct scope *scope,
			     const struct out *o)
{
	char a[UNIT_TEXT_BYTES], b[UNIT_TEXT_BYTES], id[32], label[ADDRESS_TEXT_BYTES];

	out_styled(o, STYLE_BAD, "%s %s of %s on connection %s (%s) went round libc%s",
		   out_pick(o, "▲", "!"), size_format(u->unseen_bytes, a),
		   size_format(u->all_bytes, b), connection_id(scope, u->connection, id, sizeof(id)),
		   connection_label(u->connection, o->utf8, label, sizeof(label)),
		   u->has_stream ? ", by stdio" : "");
	fputc('\n', o->file);
}

static void print_blind_spots(const struct scope *scope, const struct out *o)
{
	size_t count;
	struct process **processes = recording_processes(scope->recording, &count);
	char name[256];

	for (size_t i = 0; i < count; i++) {
		const struct process *p = processes[i];
		if (!filter_process(scope->filter, p))
			continue;
		for (int spot = 0; spot < BLIND_SPOTS; spot++) {
			if (!(p->blind_spots >> spot & 1))
				continue;
			out_styled(o, STYLE_BAD, "%s %s (pid %" PRId32 ") %s", out_pick(o, "▲", "!"),
				   text_clean(p->name, o->utf8, name, sizeof(name)), p->pid,
				   blind_spot_words((enum blind_spot)spot));
			fputc('\n', o->file);
		}
	}
}

/* "TLS that is not seen on 3 connections, timed by turns on the wire, #4 example.org:443, …" */
static void print_connections(const struct connection *const *connections, size_t count,
			      const char *what, const char *effect, const struct scope *scope,
			      const struct out *o)
{
	size_t shown = count < SHOWN_MAX ? count : SHOWN_MAX;
	char number[UNIT_TEXT_BYTES], id[32], label[ADDRESS_TEXT_BYTES];
	struct flow f;

	if (!count)
		return;
	f = flow_new(o, 0, ", ");
	flow_add(&f, STYLE_BAD, "%s %s on %s connection%s", out_pick(o, "▲", "!"), what,
		 count_format(count, number), count == 1 ? "" : "s");
	flow_add(&f, STYLE_BAD, "%s", effect);
	for (size_t i = 0; i < shown; i++)
		flow_add(&f, STYLE_BAD, "%s %s",
			 connection_id(scope, connections[i], id, sizeof(id)),
			 connection_label(connections[i], o->utf8, label, sizeof(label)));
	if (shown < count)
		flow_add(&f, STYLE_BAD, "%s more", count_format(count - shown, number));
	flow_end(&f);
}

/* "TLS by memory buffers: 7 calls of plaintext, 1 KiB sent, …" */
static void print_unjoined(const struct unseen *u, const struct out *o)
{
	char number[UNIT_TEXT_BYTES], bytes[UNIT_TEXT_BYTES];
	struct flow f;

	if (!u->unjoined_calls)
		return;
	f = flow_new(o, 0, ", ");
	flow_add(&f, STYLE_BAD, "%s TLS by memory buffers: %s calls of plaintext",
		 out_pick(o, "▲", "!"), count_format(u->unjoined_calls, number));
	flow_add(&f, STYLE_BAD, "%s sent", size_format(u->unjoined_bytes_sent, bytes));
	flow_add(&f, STYLE_BAD, "%s received", size_format(u->unjoined_bytes_received, bytes));
	flow_add(&f, STYLE_BAD, "could not be joined to a connection");
	flow_end(&f);
}

void unseen_print(struct unseen *u, const struct scope *scope, const struct out *o)
{
	size_t shown = u->count < SHOWN_MAX ? u->count : SHOWN_MAX;
	char number[UNIT_TEXT_BYTES], bytes[UNIT_TEXT_BYTES];

	print_blind_spots(scope, o);
	print_connections(u->encrypted, u->encrypted_count, "TLS that is not seen",
			  "timed by turns on the wire", scope, o);
	print_connections(u->mute, u->mute_count, "plaintext of TLS that is not seen",
			  "without round trips", scope, o);
	print_unjoined(u, o);
	if (u->count)
		qsort(u->connections, u->count, sizeof(*u->connections), most_first);
	for (size_t i = 0; i < shown; i++)
		print_connection(&u->connections[i], scope, o);
	if (shown == u->count)
		return;
	out_styled(o, STYLE_BAD, "%s %s more connections with such bytes, %s in all",
		   out_pick(o, "▲", "!"), count_format(u->count - shown, number),
		   size_format(u->bytes, bytes));
	fputc('\n', o->file);
}

json_t *blind_spots_json(const struct process *p)
{
	json_t *array = json_array();

	for (int spot = 0; spot < BLIND_SPOTS; spot++)
		if (p->blind_spots >> spot & 1)
			json_array_append_new(array,
					      json_string(blind_spot_words((enum blind_spot)spot)));
	return array;
}
