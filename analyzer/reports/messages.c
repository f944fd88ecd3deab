/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What decoders took for a message, a line each: where it lay and what it was, never what it said. */
#include <inttypes.h>
#include <stdlib.h>

#include "analyzer/reports/trip.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

struct messages {
	struct view view;
	uint64_t count;
	struct jsonline line;
};

static struct view *create(struct scope *scope, const void *options)
{
	struct messages *m = xcalloc(1, sizeof(*m));

	m->view = (struct view){ &messages_view, scope };
	return &m->view;
}

static void destroy(struct view *v)
{
	jsonline_free(&((struct messages *)v)->line);
	free(v);
}

static void print_json(struct messages *v, const struct message *m)
{
	const struct scope *scope = v->view.scope;
	struct jsonline *line = &v->line;

	jsonline_begin(line);
	jsonline_integer(line, "pid", m->connection->process->pid);
	jsonline_integer(line, "connection", m->connection->id);
	jsonline_text(line, "direction", m->sent ? "sent" : "received");
	jsonline_known(line, "offset", m->offset);
	jsonline_known(line, "bytes", m->bytes);
	jsonline_known(line, "start_ns", m->start_ns - scope->started_ns);
	jsonline_text(line, "kind", message_kind_name(m->kind));
	jsonline_text(line, "protocol", m->protocol);
	jsonline_text(line, "name", m->name);
	jsonline_finish(line);
	jsonline_write(line, scope->out.file);
}

static void print_text(const struct scope *scope, const struct message *m)
{
	char id[32], time[UNIT_TEXT_BYTES], bytes[UNIT_TEXT_BYTES], name[TRIP_TEXT_BYTES];
	const struct out *o = &scope->out;

	fprintf(o->file, "%12s %8s %s @%-10" PRIu64 " %9s  ",
		moment_format(m->start_ns - scope->started_ns, 1000, time),
		connection_id(scope, m->connection, id, sizeof(id)),
		m->sent ? out_pick(o, "→", "->") : out_pick(o, "←", "<-"), m->offset,
		size_format(m->bytes, bytes));
	out_styled(o, m->kind == MESSAGE_UNKNOWN ? STYLE_BAD : STYLE_PLAIN, "%-8s",
		   message_kind_name(m->kind));
	fprintf(o->file, " %s %s\n", m->protocol,
		text_clean(m->name ? m->name : "", o->utf8, name, sizeof(name)));
}

static void message(struct view *v, const struct message *m)
{
	struct messages *messages = (struct messages *)v;

	if (!filter_connection(v->scope->filter, m->connection))
		return;
	messages->count++;
	if (v->scope->json)
		print_json(messages, m);
	else
		print_text(v->scope, m);
}

static bool empty(const struct view *v, char *reason)
{
	snprintf(reason, EMPTY_TEXT_BYTES, "no messages were decoded: no connection%s speaks a protocol that is known",
		 filter_is_set(v->scope->filter) ? " that passes the filter" : "");
	return ((const struct messages *)v)->count == 0;
}

static void print(struct view *v, const struct out *o)
{
	/* message() has printed everything. */
}

const struct view_ops messages_view = {
	.name = "messages",
	.streams = true,
	.create = create,
	.free = destroy,
	.message = message,
	.empty = empty,
	.print = print,
};
