/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every connection: whom it joins, how it came and went, its round trips. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/model/peers.h"
#include "analyzer/reports/frame.h"
#include "analyzer/reports/groups.h"
#include "analyzer/reports/tls.h"
#include "analyzer/reports/trip.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/json.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

struct row {
	struct group group;
	const struct connection *connection, *peer; /* peer: the other end; NULL if not known */
};

struct connections {
	struct view view;
	const struct table_options *options;
	struct group *rows;
	struct peers *peers;
};

static struct view *create(struct scope *scope, const void *options)
{
	struct connections *c = xcalloc(1, sizeof(*c));

	c->view = (struct view){ &connections_view, scope };
	c->options = options;
	return &c->view;
}

static void destroy(struct view *v)
{
	struct connections *c = (struct connections *)v;

	groups_free(&c->rows);
	peers_free(c->peers);
	free(c);
}

static struct row *find_row(struct connections *c, const struct connection *connection)
{
	struct row *row = (struct row *)groups_find(&c->rows, connection, sizeof(*row));

	row->connection = connection;
	row->group.order = connection->created_ns;
	return row;
}

static void trip(struct view *v, const struct round_trip *t)
{
	struct connections *c = (struct connections *)v;

	tally_add(&find_row(c, t->connection)->group.tally, t);
}

static void find_peers(struct connections *c)
{
	c->peers = peers_new(c->view.scope->recording, c->view.scope->model);
	for (struct group *g = c->rows; g; g = g->hh.next)
		((struct row *)g)->peer = peers_of(c->peers, ((struct row *)g)->connection);
}

/* Connections without round trips are shown too, unless the filter asks for certain ones. */
static void finish(struct view *v)
{
	struct connections *c = (struct connections *)v;
	struct filter *filter = v->scope->filter;
	size_t count;
	struct process **processes = recording_processes(v->scope->recording, &count);

	for (size_t i = 0; i < count && !filter_is_by_trip(filter); i++) {
		const struct process *p = processes[i];
		for (size_t j = 0; j < p->connection_count; j++) {
			const struct connection *connection = &p->connections[j];
			if (!filter_connection(filter, connection))
				continue;
			/* Of these, the model's totals count: bytes of no round trip, too. */
			struct connection_stats stats = model_connection(v->scope->model, connection);
			struct row *row = find_row(c, connection);
			row->group.tally.bytes_sent = stats.bytes_sent;
			row->group.tally.bytes_received = stats.bytes_received;
			row->group.tally.has_wire = stats.encryption == ENCRYPTION_SEEN;
			row->group.tally.wire_bytes_sent = stats.wire_bytes_sent;
			row->group.tally.wire_bytes_received = stats.wire_bytes_received;
			row->group.tally.calls = stats.calls;
			row->group.tally.blocked_ns = stats.blocked_ns;
		}
	}
	find_peers(c);
}

static bool empty(const struct view *v, char *reason)
{
	const struct connections *c = (const struct connections *)v;

	snprintf(reason, EMPTY_TEXT_BYTES, "no connections%s",
		 filter_is_set(v->scope->filter) ? " pass the filter" : " were recorded");
	return !c->rows;
}

static uint64_t connect_ns(const struct connection *c)
{
	if (c->connect_started_ns == UNKNOWN || c->connect_ended_ns == UNKNOWN)
		return UNKNOWN;
	return c->connect_ended_ns - c->connect_started_ns;
}

static uint64_t since_start(const struct scope *scope, uint64_t ns)
{
	return ns == UNKNOWN ? UNKNOWN : ns > scope->started_ns ? ns - scope->started_ns : 0;
}

/* 0: connected; null: it did not connect, or its end is not known. */
static json_t *connect_error(const struct connection *c)
{
	if (c->connect_started_ns == UNKNOWN || c->connect_error < 0)
		return json_null();
	return json_integer(c->connect_error);
}

/* "connected", "Connection refused", …; NULL if there was no connect(). */
static const char *connect_outcome(const struct connection *c)
{
	if (c->connect_started_ns == UNKNOWN)
		return NULL;
	if (c->connect_error < 0)
		return "failed";
	return c->connect_error ? strerror(c->connect_error) : "connected";
}

/* The frame that called connect(); NULL if none did or it is not known. */
static const struct frame *connect_caller(const struct scope *scope, const struct connection *c)
{
	struct stack_reference stack = { c->process, c->connect_stack, c->connect_language_stack };

	return c->connect_started_ns == UNKNOWN ? NULL : caller_frame(scope, stack);
}

/* The frame whose call was the first to fail for good. */
static const struct frame *error_caller(const struct scope *scope, const struct connection *c,
					const struct connection_stats *s)
{
	struct stack_reference stack = { c->process, s->error_stack, s->error_language_stack };

	return s->error ? caller_frame(scope, stack) : NULL;
}

static uint64_t unseen_bytes(const struct connection *c)
{
	uint64_t unseen, all;

	return connection_unseen(c, &unseen, &all) ? unseen : UNKNOWN;
}

/* 0 stands for a number that is not known. */
static json_t *json_nonzero(uint64_t n)
{
	return n ? json_known(n) : json_null();
}

/* Who is at the other end: a connection of this recording, or a process that the kernel knew. */
static void add_peer(json_t *o, const struct connections *view, const struct row *row)
{
	const struct connection *c = row->connection, *peer = row->peer;
	struct stream_shift shift = peers_shift(view->peers, c);
	int32_t pid = peer ? peer->process->pid : c->peer_pid;
	uint64_t inode = !c->peer_inode && peer && c->transport == TRANSPORT_UNIX ? peer->inode :
										    c->peer_inode;

	json_object_set_new(o, "peer_pid", pid ? json_integer(pid) : json_null());
	json_object_set_new(o, "peer_process", json_text(peer ? peer->process->name : NULL));
	json_object_set_new(o, "peer_connection", peer ? json_integer(peer->id) : json_null());
	json_object_set_new(o, "inode", json_nonzero(c->inode));
	json_object_set_new(o, "peer_inode", json_nonzero(inode));
	json_object_set_new(o, "cookie", json_nonzero(c->cookie));
	json_object_set_new(o, "sent_shift", json_known(shift.sent));
	json_object_set_new(o, "received_shift", json_known(shift.received));
}

static json_t *row_json(const struct connections *view, struct row *row)
{
	static const char *const origins[] = {
		[ORIGIN_SOCKET] = "socket", [ORIGIN_ACCEPT] = "accept", [ORIGIN_PAIR] = "socketpair",
		[ORIGIN_FOUND] = "found",   [ORIGIN_FORKED] = "forked", [ORIGIN_PEER] = "peer",
	};
	const struct scope *scope = view->view.scope;
	const struct connection *c = row->connection;
	struct connection_stats stats = model_connection(scope->model, c);
	const struct frame *caller = connect_caller(scope, c);
	const struct frame *failed = error_caller(scope, c, &stats);
	json_t *o = json_object();

	json_object_set_new(o, "pid", json_integer(c->process->pid));
	json_object_set_new(o, "process", json_text(c->process->name));
	json_object_set_new(o, "connection", json_integer(c->id));
	json_object_set_new(o, "fd", c->fd < 0 ? json_null() : json_integer(c->fd));
	json_object_set_new(o, "role", json_text(role_name(stats.role)));
	json_object_set_new(o, "transport", json_text(transport_name(c->transport)));
	json_object_set_new(o, "origin", json_text(origins[c->origin]));
	json_object_set_new(o, "local", address_json(&c->local));
	json_object_set_new(o, "remote", address_json(&c->remote));
	json_object_set_new(o, "host", json_text(c->host));
	add_peer(o, view, row);
	json_object_set_new(o, "opened_ns", json_known(since_start(scope, c->created_ns)));
	json_object_set_new(o, "closed_ns", json_known(since_start(scope, c->closed_ns)));
	json_object_set_new(o, "connect_ns", json_known(connect_ns(c)));
	json_object_set_new(o, "connect_error", connect_error(c));
	json_object_set_new(o, "connect_outcome", json_text(connect_outcome(c)));
	json_object_set_new(o, "connect_by", json_text(caller ? caller->name : NULL));
	json_object_set_new(o, "connect_line", json_text(caller ? caller->place : NULL));
	json_object_set_new(o, "protocol", json_text(stats.protocol));
	json_object_set_new(o, "one_way", json_known(stats.one_way));
	json_object_set_new(o, "doubted_at", stats.doubted ? json_known(stats.doubted_at) : json_null());
	json_object_set_new(o, "desyncs", json_known(stats.desyncs));
	json_object_set_new(o, "hidden", json_known(stats.hidden));
	json_object_set_new(o, "forgotten", json_known(stats.forgotten));
	json_object_set_new(o, "tls", tls_json(scope, c, &stats));
	json_object_set_new(o, "error", json_text(stats.error ? strerror(stats.error) : NULL));
	json_object_set_new(o, "error_by", json_text(failed ? failed->name : NULL));
	json_object_set_new(o, "error_line", json_text(failed ? failed->place : NULL));
	json_object_set_new(o, "rtt_us", json_known(stats.rtt_us));
	json_object_set_new(o, "min_rtt_us", json_known(stats.min_rtt_us));
	json_object_set_new(o, "retransmits", json_known(stats.retransmits));
	json_object_set_new(o, "unseen_bytes", json_known(unseen_bytes(c)));
	json_object_set_new(o, "calls", json_known(row->group.tally.calls));
	json_object_set_new(o, "blocked_ns", json_known(row->group.tally.blocked_ns));
	tally_json(&row->group.tally, o);
	return o;
}

static json_t *json(struct view *v)
{
	const struct connections *c = (struct connections *)v;
	json_t *array = json_array();
	size_t count;
	enum group_key key = (enum group_key)c->options->sort;
	struct group **groups = groups_sorted(c->rows, key, &count);

	for (size_t i = 0; i < count && (!c->options->top || i < c->options->top); i++)
		json_array_append_new(array, row_json(c, (struct row *)groups[i]));
	free(groups);
	return array;
}

enum {
	COLUMN_OTHER_END = 2, COLUMN_TLS = 7, COLUMN_HANDSHAKE, COLUMN_RTT, COLUMN_RETRANSMITS
};
static const struct table_column own_columns[] = {
	{ .title = "ID", .align = TABLE_RIGHT },
	{ .title = "PEER", .shrink_to = 14, .cut = TEXT_CUT_MIDDLE },
	[COLUMN_OTHER_END] = { .title = "OTHER END", .rank = 5, .shrink_to = 12 },
	{ .title = "ROLE", .rank = 12 },
	{ .title = "OPENED", .align = TABLE_RIGHT, .rank = 6 },
	{ .title = "LASTED", .align = TABLE_RIGHT, .rank = 7 },
	{ .title = "CONNECT", .align = TABLE_RIGHT, .rank = 4 },
	[COLUMN_TLS] = { .title = "TLS", .rank = 6 },
	[COLUMN_HANDSHAKE] = { .title = "HANDSHAKE", .align = TABLE_RIGHT, .rank = 5 },
	/* smoothed, and the least */
	[COLUMN_RTT] = { .title = "RTT (MIN)", .align = TABLE_RIGHT, .rank = 5 },
	[COLUMN_RETRANSMITS] = { .title = "RESENT", .align = TABLE_RIGHT, .rank = 5 },
};
#define OWN_COLUMNS (sizeof(own_columns) / sizeof(own_columns[0]))

/* "1234#5 nginx", or as much as is known. */
static void add_other_end(struct table *t, const struct scope *scope, const struct row *row)
{
	char id[32], name[256], text[sizeof(id) + sizeof(name)];

	if (row->peer) {
		snprintf(text, sizeof(text), "%s %s",
			 connection_id(scope, row->peer, id, sizeof(id)),
			 text_clean(row->peer->process->name, scope->out.utf8, name, sizeof(name)));
		table_add(t, STYLE_PLAIN, text);
	} else if (row->connection->peer_pid) {
		snprintf(text, sizeof(text), "pid %" PRId32, row->connection->peer_pid);
		table_add(t, STYLE_DIM, text);
	} else {
		table_add(t, STYLE_DIM, "-");
	}
}

static void add_connect(struct table *t, const struct connection *c)
{
	char text[UNIT_TEXT_BYTES];

	if (c->connect_started_ns == UNKNOWN)
		table_add(t, STYLE_DIM, "-");
	else if (c->connect_error)
		table_add(t, STYLE_BAD, connect_outcome(c));
	else
		table_add(t, STYLE_PLAIN, duration_format(connect_ns(c), text));
}

/* "45us (30us)", and the segments that were sent again. */
static void add_network(struct table *t, const struct connection_stats *s)
{
	char rtt[UNIT_TEXT_BYTES], least[UNIT_TEXT_BYTES], text[2 * UNIT_TEXT_BYTES + 4];

	if (s->rtt_us == UNKNOWN) {
		table_add(t, STYLE_DIM, "-");
	} else {
		snprintf(text, sizeof(text), "%s (%s)", duration_format(s->rtt_us * 1000, rtt),
			 s->min_rtt_us == UNKNOWN ? "?" :
						    duration_format(s->min_rtt_us * 1000, least));
		table_add(t, STYLE_PLAIN, text);
	}
	if (s->retransmits == UNKNOWN)
		table_add(t, STYLE_DIM, "-");
	else
		table_add(t, s->retransmits ? STYLE_BAD : STYLE_DIM,
			  count_format(s->retransmits, text));
}

static void add_cells(struct table *t, const struct scope *scope, const struct group *g)
{
	const struct connection *c = ((const struct row *)g)->connection;
	struct connection_stats stats = model_connection(scope->model, c);
	char text[UNIT_TEXT_BYTES], label[ADDRESS_TEXT_BYTES];
	uint64_t opened_ns = since_start(scope, c->created_ns);

	table_add(t, STYLE_DIM, connection_id(scope, c, text, sizeof(text)));
	table_add(t, STYLE_NAME, connection_label(c, scope->out.utf8, label, sizeof(label)));
	add_other_end(t, scope, (const struct row *)g);
	table_add(t, STYLE_DIM, role_name(stats.role) ? role_name(stats.role) : "?");
	snprintf(text, sizeof(text), "+");
	duration_format(opened_ns, text + 1);
	table_add(t, STYLE_PLAIN, text);
	if (c->closed_ns == UNKNOWN)
		table_add(t, STYLE_DIM, "open");
	else
		table_add(t, STYLE_PLAIN, duration_format(c->closed_ns - c->created_ns, text));
	add_connect(t, c);
	tls_cells(t, c, &stats);
	add_network(t, &stats);
}

/* What no connection has has no column. */
static void hide_columns(const struct scope *scope, struct group **groups, size_t count,
			 struct table_column *columns)
{
	bool any_rtt = false, any_retransmits = false, any_other_end = false;
	bool any_tls = false, any_handshake = false;

	for (size_t i = 0; i < count; i++) {
		const struct row *row = (const struct row *)groups[i];
		struct connection_stats stats = model_connection(scope->model, row->connection);

		any_tls |= row->connection->tls || stats.encryption >= ENCRYPTION_UNSEEN;
		any_handshake |= row->connection->tls != NULL;
		any_other_end |= row->peer || row->connection->peer_pid;
		any_rtt |= stats.rtt_us != UNKNOWN;
		any_retransmits |= stats.retransmits != UNKNOWN && stats.retransmits > 0;
	}
	columns[COLUMN_OTHER_END].hidden = !any_other_end;
	columns[COLUMN_TLS].hidden = !any_tls;
	columns[COLUMN_HANDSHAKE].hidden = !any_handshake;
	columns[COLUMN_RTT].hidden = !any_rtt;
	columns[COLUMN_RETRANSMITS].hidden = !any_retransmits;
}

/* "#5 127.0.0.1:80: Connection refused after 50us, by fetch" */
static void print_failure(const struct scope *scope, const struct connection *c, const char *what,
			  const char *when, const struct frame *caller)
{
	const struct out *o = &scope->out;
	char id[32], label[ADDRESS_TEXT_BYTES], by[FRAME_TEXT_BYTES];

	out_styled(o, STYLE_DIM, "%s ", connection_id(scope, c, id, sizeof(id)));
	out_styled(o, STYLE_NAME, "%s", connection_label(c, o->utf8, label, sizeof(label)));
	out_styled(o, STYLE_BAD, ": %s", what);
	fprintf(o->file, " %s%s%s\n", when, caller ? ", by " : "",
		caller ? frame_text(caller, o->utf8, by) : "");
}

/* "TLS handshake failed: certificate verify failed after 3ms, by fetch" */
static void print_failed_handshake(const struct scope *scope, const struct connection *c)
{
	char reason[512], what[sizeof(reason) + 32], time[UNIT_TEXT_BYTES];
	char when[UNIT_TEXT_BYTES + 8];

	snprintf(what, sizeof(what), "TLS handshake failed: %s",
		 text_clean(handshake_failure(c), scope->out.utf8, reason, sizeof(reason)));
	snprintf(when, sizeof(when), "after %s", duration_format(handshake_ns(c), time));
	print_failure(scope, c, what, when,
		      caller_frame(scope, (struct stack_reference){ c->process, c->tls->stack, 0 }));
}

/* Below the table: which connects failed, which connections broke, and in whose calls. */
static void print_failures(const struct scope *scope, struct group **groups, size_t count)
{
	char time[UNIT_TEXT_BYTES], when[UNIT_TEXT_BYTES + 8];

	for (size_t i = 0; i < count; i++) {
		const struct connection *c = ((const struct row *)groups[i])->connection;
		struct connection_stats stats = model_connection(scope->model, c);

		if (handshake_failure(c))
			print_failed_handshake(scope, c);
		if (c->connect_started_ns != UNKNOWN && c->connect_error) {
			snprintf(when, sizeof(when), "after %s", duration_format(connect_ns(c), time));
			print_failure(scope, c, connect_outcome(c), when, connect_caller(scope, c));
		} else if (stats.error) {
			snprintf(when, sizeof(when), "at +%s",
				 duration_format(since_start(scope, stats.error_ns), time));
			print_failure(scope, c, strerror(stats.error), when,
				      error_caller(scope, c, &stats));
		}
	}
}

static void print(struct view *v, const struct out *o)
{
	const struct connections *c = (struct connections *)v;
	size_t count;
	enum group_key key = (enum group_key)c->options->sort;
	struct group **groups = groups_sorted(c->rows, key, &count);
	size_t shown = c->options->top && c->options->top < count ? c->options->top : count;
	struct table_column columns[OWN_COLUMNS];
	const struct group_table table = {
		.rows = "connections",
		.own_columns = columns,
		.own_count = OWN_COLUMNS,
		.add_cells = add_cells,
	};

	memcpy(columns, own_columns, sizeof(columns));
	hide_columns(v->scope, groups, shown, columns);
	groups_print(&table, v->scope, groups, count, c->options->top);
	print_failures(v->scope, groups, shown);
	free(groups);
}

const struct view_ops connections_view = {
	.name = "connections",
	.create = create,
	.free = destroy,
	.trip = trip,
	.finish = finish,
	.empty = empty,
	.print = print,
	.json = json,
};
