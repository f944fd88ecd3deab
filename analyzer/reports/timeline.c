/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When round trips happened and what ran at the same time: a lane a connection or thread. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/lanes.h"
#include "analyzer/reports/trip.h"
#include "analyzer/reports/usage.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/flow.h"
#include "analyzer/util/json.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

#define LABEL_MAX 30u
#define FIGURES 9u /* columns behind a lane: its round trips */

struct timeline {
	struct view view;
	const struct timeline_options *options;
	struct lanes *lanes;
	struct usage usage;
	uint64_t from_ns, to_ns;
	size_t slices;
	unsigned label; /* columns */
};

static struct view *create(struct scope *scope, const void *options)
{
	struct timeline *t = xcalloc(1, sizeof(*t));
	const struct filter *f = scope->filter;
	unsigned width = scope->out.width;

	t->view = (struct view){ &timeline_view, scope };
	t->options = options;
	t->from_ns = scope->started_ns + f->since_ns;
	t->to_ns = scope->ended_ns;
	if (f->until_ns != UNKNOWN && scope->started_ns + f->until_ns < t->to_ns)
		t->to_ns = scope->started_ns + f->until_ns;
	if (t->to_ns <= t->from_ns)
		t->to_ns = t->from_ns + 1;
	t->label = width * 3 / 10 < LABEL_MAX ? width * 3 / 10 : LABEL_MAX;
	t->slices = width - t->label - FIGURES - 2;
	t->lanes = lanes_new((enum lane_kind)t->options->by, t->from_ns, t->to_ns, t->slices);
	usage_init(&t->usage, t->from_ns, t->to_ns, t->slices);
	return &t->view;
}

static void destroy(struct view *v)
{
	struct timeline *t = (struct timeline *)v;

	lanes_free(t->lanes);
	usage_free(&t->usage);
	free(t);
}

static void sample(struct view *v, const struct sample *s)
{
	usage_add(&((struct timeline *)v)->usage, s);
}

/* When what was left open ends: with its connection, or with the recording. */
static uint64_t open_until_ns(const struct scope *scope, const struct connection *c)
{
	return c->closed_ns != UNKNOWN ? c->closed_ns : scope->ended_ns;
}

static void trip(struct view *v, const struct round_trip *t)
{
	struct timeline *line = (struct timeline *)v;
	/* A failure's moment is not known: it stays where its last known phase ended. */
	uint64_t end_ns = t->end_ns;

	if (end_ns == UNKNOWN)
		end_ns = t->status == STATUS_PENDING ? open_until_ns(v->scope, t->connection)
						     : t->start_ns;
	lanes_add_trip(line->lanes, t, end_ns);
}

static void finish(struct view *v)
{
	struct timeline *t = (struct timeline *)v;
	const struct scope *scope = v->scope;
	size_t count;
	struct process **processes = recording_processes(scope->recording, &count);

	/* Idle connections belong to the picture unless certain round trips are asked for. */
	if (scope->filter->min_duration_ns || scope->filter->names.count ||
	    scope->filter->protocols.count || scope->filter->tids.count)
		return;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < processes[i]->connection_count; j++) {
			const struct connection *c = &processes[i]->connections[j];
			if (filter_connection(scope->filter, c))
				lanes_add_connection(t->lanes, c, scope->ended_ns);
		}
	}
}

static bool empty(const struct view *v, char *reason)
{
	const struct timeline *t = (const struct timeline *)v;
	size_t count, all;

	free(lanes_busiest(t->lanes, t->options->lanes, &count, &all));
	snprintf(reason, EMPTY_TEXT_BYTES, "nothing happened on the network%s",
		 filter_is_set(v->scope->filter) ? " that passes the filter" : "");
	return all == 0;
}

static json_t *slices_json(const struct timeline *t, const struct lane *lane)
{
	json_t *array = json_array();
	double slice_ns = (double)(t->to_ns - t->from_ns) / (double)t->slices;

	for (size_t i = lane->first; i < lane->first + lane->count; i++) {
		struct slice s = lane_slice(lane, i);
		uint64_t at_ns = t->from_ns - t->view.scope->started_ns +
				 (uint64_t)(slice_ns * (double)i);
		json_t *o = json_object();
		json_object_set_new(o, "start_ns", json_known(at_ns));
		json_object_set_new(o, "round_trips", json_integer(s.round_trips));
		json_object_set_new(o, "failed", json_integer(s.failed));
		json_object_set_new(o, "connecting", json_boolean(s.connecting));
		json_object_set_new(o, "sending_ns", json_known((uint64_t)s.sending_ns));
		json_object_set_new(o, "waiting_ns", json_known((uint64_t)s.waiting_ns));
		json_object_set_new(o, "receiving_ns", json_known((uint64_t)s.receiving_ns));
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *lane_json(const struct timeline *t, const struct lane *lane)
{
	const struct process *p =
		lane->connection ? lane->connection->process : lane->thread->process;
	json_t *o = json_object();

	json_object_set_new(o, "pid", json_integer(p->pid));
	if (lane->connection) {
		json_object_set_new(o, "connection", json_integer(lane->connection->id));
		json_object_set_new(o, "remote", address_json(&lane->connection->remote));
	} else {
		json_object_set_new(o, "tid", json_integer(lane->thread->tid));
		json_object_set_new(o, "name", json_text(lane->thread->name));
	}
	json_object_set_new(o, "round_trips", json_known(lane->round_trips));
	json_object_set_new(o, "failed", json_known(lane->failed));
	json_object_set_new(o, "slices", slices_json(t, lane));
	return o;
}

/* A slice's figure: parts of one processor, or bytes; below 0 where no sample tells. */
static double cpu_of(const struct usage_slice *s)
{
	return s->covered_ns > 0 ? s->cpu_ns / s->covered_ns : -1;
}

static double memory_of(const struct usage_slice *s)
{
	return s->resident_bytes != UNKNOWN ? (double)s->resident_bytes : -1;
}

static json_t *usage_json(const struct timeline *t, double (*figure)(const struct usage_slice *s))
{
	json_t *array = json_array();

	for (size_t i = 0; i < t->slices; i++) {
		double value = figure(&t->usage.slices[i]);
		json_array_append_new(array, value < 0 ? json_null() :
				      figure == memory_of ? json_integer((json_int_t)value) :
							    json_real(value));
	}
	return array;
}

static json_t *json(struct view *v)
{
	const struct timeline *t = (struct timeline *)v;
	json_t *o = json_object(), *array = json_array();
	size_t count, all;
	struct lane **lanes = lanes_busiest(t->lanes, t->options->lanes, &count, &all);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, lane_json(t, lanes[i]));
	free(lanes);
	json_object_set_new(o, "start_ns", json_known(t->from_ns - v->scope->started_ns));
	json_object_set_new(o, "end_ns", json_known(t->to_ns - v->scope->started_ns));
	json_object_set_new(o, "slice_ns", json_real((double)(t->to_ns - t->from_ns) /
						     (double)t->slices));
	json_object_set_new(o, "lanes_in_all", json_known(all));
	json_object_set_new(o, "lanes", array);
	json_object_set_new(o, "cpu", usage_json(t, cpu_of));
	json_object_set_new(o, "resident_bytes", usage_json(t, memory_of));
	return o;
}

/* The smallest of 1, 2, 5, 10, 20, ... that cuts the span into at most so many parts. */
static uint64_t tick_step_ns(uint64_t span_ns, size_t parts)
{
	uint64_t step = 1;

	for (unsigned i = 0; span_ns / step > parts; i++)
		step = step / (i % 3 == 1 ? 2 : 1) * (i % 3 == 1 ? 5 : 2);
	return step;
}

/* The ticks, and above each a label where there is room for it. */
static void print_axis(const struct timeline *t, const struct out *o)
{
	uint64_t origin_ns = t->view.scope->started_ns, span_ns = t->to_ns - t->from_ns;
	uint64_t step_ns = tick_step_ns(span_ns, t->slices / 12 + 1);
	uint64_t first_ns = (t->from_ns - origin_ns + step_ns - 1) / step_ns * step_ns;
	bool *ticks = xcalloc(t->slices + 1, sizeof(*ticks));
	char text[UNIT_TEXT_BYTES];
	size_t column = 0; /* up to which labels are printed */

	fprintf(o->file, "%*s", (int)t->label + 1, "");
	for (uint64_t ns = first_ns; ns <= t->to_ns - origin_ns; ns += step_ns) {
		size_t at = (size_t)((double)(ns - (t->from_ns - origin_ns)) / (double)span_ns *
				     (double)t->slices);
		if (at >= t->slices)
			break;
		ticks[at] = true;
		moment_format(ns, step_ns, text);
		if (at < column + (column > 0) || at + strlen(text) > t->slices + FIGURES)
			continue;
		out_styled(o, STYLE_DIM, "%*s%s", (int)(at - column), "", text);
		column = at + strlen(text);
	}
	fprintf(o->file, "\n%*s", (int)t->label + 1, "");
	out_begin(o, STYLE_DIM);
	for (size_t i = 0; i < t->slices; i++)
		fputs(ticks[i] ? out_pick(o, "┼", "+") : out_pick(o, "─", "-"), o->file);
	fputs(" TRIPS\n", o->file);
	out_end(o, STYLE_DIM);
	free(ticks);
}

/* What a slice shows: a failure before all, else what took most of it. */
static void print_slice(const struct out *o, const struct slice *s, double slice_ns)
{
	double busy_ns = s->sending_ns + s->waiting_ns + s->receiving_ns;
	double share = busy_ns / slice_ns;
	unsigned level = share >= 0.75 ? 3 : share >= 0.5 ? 2 : share >= 0.25 ? 1 : 0;
	static const char *const shades[] = { "░", "▒", "▓", "█" };
	static const char *const ascii[] = { ".", "+", "*", "#" };

	if (s->failed)
		out_styled(o, STYLE_BAD, "%s", out_pick(o, "✗", "x"));
	else if (s->connecting && busy_ns < slice_ns / 2)
		out_styled(o, STYLE_NAME, "c");
	else if (!s->round_trips && busy_ns <= 0)
		out_styled(o, STYLE_DIM, "%s", s->open ? out_pick(o, "·", "_") : " ");
	else if (s->receiving_ns > s->waiting_ns && s->receiving_ns > s->sending_ns)
		out_styled(o, STYLE_GOOD, "%s", out_pick(o, "◂", "<"));
	else if (s->sending_ns > s->waiting_ns)
		out_styled(o, STYLE_NAME, "%s", out_pick(o, "▸", ">"));
	else
		out_styled(o, level == 3 ? STYLE_HOT : level ? STYLE_WARM : STYLE_PLAIN, "%s",
			   out_pick(o, shades[level], ascii[level]));
}

static void print_label(const struct timeline *t, const struct lane *lane, const struct out *o)
{
	char clean[ADDRESS_TEXT_BYTES], fitted[ADDRESS_TEXT_BYTES], id[32];
	const struct connection *c = lane->connection;

	if (c) {
		connection_label(c, o->utf8, clean, sizeof(clean));
		id[0] = ' ';
		connection_id(t->view.scope, c, id + 1, sizeof(id) - 1);
	} else {
		const struct thread *thread = lane->thread;
		text_clean(thread->name[0] ? thread->name : thread->process->name, o->utf8, clean,
			   sizeof(clean));
		snprintf(id, sizeof(id), " %" PRId32, thread->tid);
	}
	unsigned room = t->label > strlen(id) ? t->label - (unsigned)strlen(id) : 1;
	text_fit(clean, room, TEXT_CUT_MIDDLE, o->utf8, fitted, sizeof(fitted));
	out_styled(o, STYLE_NAME, "%s", fitted);
	out_styled(o, STYLE_DIM, "%s", id);
	fprintf(o->file, "%*s", (int)(room - text_columns(fitted)) + 1, "");
}

static void print_lane(const struct timeline *t, const struct lane *lane, const struct out *o)
{
	double slice_ns = (double)(t->to_ns - t->from_ns) / (double)t->slices;
	char number[UNIT_TEXT_BYTES];

	print_label(t, lane, o);
	for (size_t i = 0; i < t->slices; i++) {
		struct slice s = lane_slice(lane, i);
		print_slice(o, &s, slice_ns);
	}
	out_styled(o, STYLE_DIM, " %s", count_format(lane->round_trips, number));
	fputc('\n', o->file);
}

static double most(const struct timeline *t, double (*figure)(const struct usage_slice *s))
{
	double max = -1;

	for (size_t i = 0; i < t->slices; i++)
		if (figure(&t->usage.slices[i]) > max)
			max = figure(&t->usage.slices[i]);
	return max;
}

/* A row of bars, the highest of which is max; its label says so. */
static void print_usage(const struct timeline *t, const char *label, double max,
			double (*figure)(const struct usage_slice *s), const struct out *o)
{
	static const char *const bars[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { ".", ":", "-", "=", "+", "*", "#", "@" };
	char fitted[ADDRESS_TEXT_BYTES];

	if (max < 0)
		return;
	text_fit(label, t->label, TEXT_CUT_END, o->utf8, fitted, sizeof(fitted));
	out_styled(o, STYLE_DIM, "%s%*s", fitted, (int)(t->label - text_columns(fitted)) + 1, "");
	for (size_t i = 0; i < t->slices; i++) {
		double value = figure(&t->usage.slices[i]);
		size_t level = max > 0 && value > 0 ? (size_t)(value / max * 7.999) : 0;

		fputs(value < 0 ? " " : out_pick(o, bars[level], ascii[level]), o->file);
	}
	fputc('\n', o->file);
}

static void print_usages(const struct timeline *t, const struct out *o)
{
	double cpu = most(t, cpu_of), memory = most(t, memory_of);
	char figure[UNIT_TEXT_BYTES], label[UNIT_TEXT_BYTES + 32];

	snprintf(label, sizeof(label), "cpu, up to %s", percent_format(cpu, 1, figure));
	print_usage(t, label, cpu, cpu_of, o);
	snprintf(label, sizeof(label), "memory, up to %s",
		 memory < 0 ? "?" : size_format((uint64_t)memory, figure));
	print_usage(t, label, memory, memory_of, o);
}

static void print_legend(const struct timeline *t, const struct out *o)
{
	char slice[UNIT_TEXT_BYTES];
	struct flow f = flow_new(o, 0, "  ");

	duration_format((t->to_ns - t->from_ns) / t->slices, slice);
	flow_add(&f, STYLE_DIM, "a column is %s", slice);
	flow_add(&f, STYLE_DIM, "c connect, TLS");
	flow_add(&f, STYLE_DIM, "%s sending", out_pick(o, "▸", ">"));
	flow_add(&f, STYLE_DIM, "%s waiting: from some to all of it", out_pick(o, "░▒▓█", ".+*#"));
	flow_add(&f, STYLE_DIM, "%s receiving", out_pick(o, "◂", "<"));
	flow_add(&f, STYLE_DIM, "%s failed", out_pick(o, "✗", "x"));
	flow_add(&f, STYLE_DIM, "%s idle", out_pick(o, "·", "_"));
	flow_end(&f);
}

static void print(struct view *v, const struct out *o)
{
	const struct timeline *t = (struct timeline *)v;
	size_t count, all;
	struct lane **lanes = lanes_busiest(t->lanes, t->options->lanes, &count, &all);
	char number[UNIT_TEXT_BYTES];

	print_axis(t, o);
	for (size_t i = 0; i < count; i++)
		print_lane(t, lanes[i], o);
	free(lanes);
	print_usages(t, o);
	if (all > count) {
		out_styled(o, STYLE_DIM, "%s not shown%s",
			   things_format(all - count, t->options->by == LANE_THREAD ?
					 "less busy thread" : "less busy connection", number),
			   v->scope->several ? "" : " (--lanes)");
		fputc('\n', o->file);
	}
	print_legend(t, o);
}

const struct view_ops timeline_view = {
	.name = "timeline",
	.create = create,
	.free = destroy,
	.trip = trip,
	.sample = sample,
	.finish = finish,
	.empty = empty,
	.print = print,
	.json = json,
};
