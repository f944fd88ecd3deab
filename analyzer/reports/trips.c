/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every round trip, a line each, in order of start. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/trip.h"
#include "analyzer/reports/triplog.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/json.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

#define RUN_TRIPS 50000u /* about 10 MB */

struct trips {
	struct view view;
	struct triplog *log;
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
	free(t);
}

static void trip(struct view *v, const struct round_trip *t)
{
	triplog_add(((struct trips *)v)->log, t);
}

/* The function that made the request; the whole stack is in the JSON. */
static const char *caller(const struct scope *scope, const struct round_trip *t)
{
	size_t count;
	const struct frame *const *frames =
		symbols_stack(scope->symbols, t->process, t->stack_id, &count);

	return count ? frames[count - 1]->name : "?";
}

static void print_head(const struct out *o)
{
	char line[256];

	snprintf(line, sizeof(line), "%14s %8s %8s %8s %9s %9s  %7s %5s  %-24s %-8s %s", "START",
		 "LATENCY", "WAIT", "RECEIVE", "SENT", "RECEIVED", "TID", "#", "PEER", "STATUS", "BY");
	line[o->width < sizeof(line) ? o->width : sizeof(line) - 1] = '\0';
	out_styled(o, STYLE_HEAD, "%s", line);
	fputc('\n', o->file);
}

static void print_text(const struct scope *scope, const struct round_trip *t, const struct out *o)
{
	char start[UNIT_TEXT_BYTES], latency[UNIT_TEXT_BYTES], wait[UNIT_TEXT_BYTES];
	char receive[UNIT_TEXT_BYTES], sent[UNIT_TEXT_BYTES], received[UNIT_TEXT_BYTES];
	char peer[TRIP_TEXT_BYTES], name[TRIP_TEXT_BYTES], by[1024], line[4096], fitted[4096];
	const char *what = trip_name(t, o->utf8, name, sizeof(name));

	snprintf(line, sizeof(line),
		 "%14s %8s %8s %8s %9s %9s  %7" PRId32 " %5" PRIu32 "  %-24s %-8s %s%s%s",
		 moment_format(t->start_ns - scope->started_ns, 1000, start),
		 duration_format(t->latency_ns, latency), duration_format(t->wait_ns, wait),
		 duration_format(t->receive_ns, receive), size_format(t->bytes_sent, sent),
		 size_format(t->bytes_received, received), t->thread ? t->thread->tid : 0,
		 t->connection->id, trip_peer(t, o->utf8, peer, sizeof(peer)), trip_outcome(t),
		 what ? what : "", what ? "  " : "",
		 text_clean(caller(scope, t), o->utf8, by, sizeof(by)));
	text_fit(line, o->width, TEXT_CUT_END, o->utf8, fitted, sizeof(fitted));
	out_styled(o, round_trip_failed(t) ? STYLE_BAD : STYLE_PLAIN, "%s", fitted);
	fputc('\n', o->file);
}

static void print(struct view *v, const struct out *o)
{
	struct trips *t = (struct trips *)v;
	struct round_trip next;

	if (!v->scope->json)
		print_head(o);
	while (triplog_next(t->log, &next)) {
		if (v->scope->json)
			json_write_line(o->file, trip_json(v->scope, &next));
		else
			print_text(v->scope, &next, o);
	}
	if (triplog_error(t->log)) {
		fprintf(stderr, "traceroundtrip trips: temporary file in %s: %s; the list is not complete\n",
			P_tmpdir, triplog_error(t->log));
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
