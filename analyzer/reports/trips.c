/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every round trip, a line each, in order of start. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/frame.h"
#include "analyzer/reports/trip.h"
#include "analyzer/reports/triplog.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

#define RUN_TRIPS 50000u /* about 10 MB */

struct trips {
	struct view view;
	struct triplog *log;
	struct jsonline line;
};

static struct view *create(struct scope *scope, const void *options)
{
	struct trips *t = xcalloc(1, sizeof(*t));

	t->view = (struct view){ &trips_view, scope };
	t->log = triplog_new(RUN_TRIPS);
	return &t->view;
}

static void destroy(struct view *v)
{
	struct trips *t = (struct trips *)v;

	triplog_free(t->log);
	jsonline_free(&t->line);
	free(t);
}

static void trip(struct view *v, const struct round_trip *t)
{
	triplog_add(((struct trips *)v)->log, t);
}

/* Lines come as they are merged, so the columns have fixed widths. */
enum column { START, LATENCY, WAIT, RECEIVE, SENT, RECEIVED, THREAD, CONNECTION, PEER, STATUS, BY };

static const struct {
	const char *title;
	int width;      /* below 0: left-aligned, as printf() has it */
	unsigned least; /* columns that a line has for it to be shown */
} columns[] = {
	[START] = { "START", 12, 0 },      [LATENCY] = { "LATENCY", 8, 0 },
	[WAIT] = { "WAIT", 8, 90 },        [RECEIVE] = { "RECEIVE", 8, 110 },
	[SENT] = { "SENT", 9, 130 },       [RECEIVED] = { "RECEIVED", 9, 130 },
	[THREAD] = { "TID", 7, 120 },      [CONNECTION] = { "ID", 6, 100 },
	[PEER] = { "PEER", -21, 0 },       [STATUS] = { "STATUS", -10, 70 },
	[BY] = { "BY", -1, 0 },
};

static void print_cell(const struct out *o, char *line, size_t size, enum column column,
		       const char *text)
{
	size_t used = strlen(line);

	if (o->width >= columns[column].least)
		snprintf(line + used, size - used, "%s%*s", column == START ? "" : " ",
			 columns[column].width, text);
}

static void print_line(const struct out *o, enum style style, const char *line)
{
	char fitted[4096];

	out_styled(o, style, "%s",
		   text_fit(line, o->width, TEXT_CUT_END, o->utf8, fitted, sizeof(fitted)));
	fputc('\n', o->file);
}

static void print_head(const struct out *o)
{
	char line[512] = "";

	for (enum column c = START; c <= BY; c++)
		print_cell(o, line, sizeof(line), c, columns[c].title);
	print_line(o, STYLE_HEAD, line);
}

/* What was asked, where that is known, and the function that asked. */
static const char *describe(const struct scope *scope, const struct round_trip *t, char *buffer,
			    size_t size)
{
	char name[TRIP_TEXT_BYTES], by[FRAME_TEXT_BYTES];
	const char *what = trip_name(t, scope->out.utf8, name, sizeof(name));
	const struct frame *f = caller_frame(scope, t->process, t->stack_id);

	snprintf(buffer, size, "%s%s%s", what ? what : "", what ? "  " : "",
		 f ? frame_text(f, scope->out.utf8, by) : "?");
	return buffer;
}

static void print_text(const struct scope *scope, const struct round_trip *t)
{
	const struct out *o = &scope->out;
	char unit[UNIT_TEXT_BYTES], text[TRIP_TEXT_BYTES + FRAME_TEXT_BYTES], line[4096] = "";

	print_cell(o, line, sizeof(line), START,
		   moment_format(t->start_ns - scope->started_ns, 1000, unit));
	print_cell(o, line, sizeof(line), LATENCY, duration_format(t->latency_ns, unit));
	print_cell(o, line, sizeof(line), WAIT, duration_format(t->wait_ns, unit));
	print_cell(o, line, sizeof(line), RECEIVE, duration_format(t->receive_ns, unit));
	print_cell(o, line, sizeof(line), SENT, size_format(t->bytes_sent, unit));
	print_cell(o, line, sizeof(line), RECEIVED, size_format(t->bytes_received, unit));
	snprintf(unit, sizeof(unit), "%" PRId32, t->thread ? t->thread->tid : t->process->pid);
	print_cell(o, line, sizeof(line), THREAD, unit);
	print_cell(o, line, sizeof(line), CONNECTION,
		   connection_id(scope, t->connection, unit, sizeof(unit)));
	print_cell(o, line, sizeof(line), PEER,
		   connection_label(t->connection, o->utf8, text, sizeof(text)));
	print_cell(o, line, sizeof(line), STATUS, trip_outcome(t));
	print_cell(o, line, sizeof(line), BY, describe(scope, t, text, sizeof(text)));
	print_line(o, round_trip_failed(t) ? STYLE_BAD : STYLE_PLAIN, line);
}

static void print_json(struct trips *t, const struct round_trip *trip)
{
	trip_line(t->view.scope, trip, &t->line);
	jsonline_write(&t->line, t->view.scope->out.file);
}

static void print(struct view *v, const struct out *o)
{
	struct trips *t = (struct trips *)v;
	struct round_trip next;

	if (!v->scope->json)
		print_head(o);
	while (triplog_next(t->log, &next)) {
		if (v->scope->json)
			print_json(t, &next);
		else
			print_text(v->scope, &next);
	}
	if (triplog_error(t->log)) {
		fprintf(stderr, "traceroundtrip trips: temporary file in %s: %s; the list is not complete\n",
			triplog_folder(), triplog_error(t->log));
		v->scope->failed = true;
	}
}

const struct view_ops trips_view = {
	.name = "trips",
	.create = create,
	.free = destroy,
	.trip = trip,
	.print = print,
};
