/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions, source lines or modules by the round trips that they, and what they call, make. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/frame.h"
#include "analyzer/reports/spots.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/json.h"
#include "analyzer/util/table.h"
#include "analyzer/util/text.h"

struct hotspots {
	struct view view;
	const struct hotspots_options *options;
	struct spots *spots;
	const struct spot **sorted;
	size_t count;
};

static struct view *create(struct scope *scope, const void *options)
{
	struct hotspots *h = xcalloc(1, sizeof(*h));

	h->view = (struct view){ &hotspots_view, scope };
	h->options = options;
	return &h->view;
}

static void destroy(struct view *v)
{
	struct hotspots *h = (struct hotspots *)v;

	spots_free(h->spots);
	free(h->sorted);
	free(h);
}

const char *const hotspots_keys[] = { "self", "cumulative", NULL };

static enum weight weight_of(const struct hotspots *h)
{
	return (enum weight)h->options->by;
}

/* What the table is sorted by, and its bars are of. */
static const struct figures *ranked(const struct hotspots *h, const struct spot *s)
{
	return h->options->sort == BY_CUMULATIVE ? &s->all : &s->self;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

/* Largest first; where the chosen figure is the same, those that call the network themselves. */
static int compare(const void *left, const void *right, void *user)
{
	const struct hotspots *h = user;
	const struct spot *a = *(const struct spot *const *)left;
	const struct spot *b = *(const struct spot *const *)right;
	enum weight by = weight_of(h);
	uint64_t left_figure = figures_weigh(ranked(h, a), by);
	int order = compare_numbers(left_figure, figures_weigh(ranked(h, b), by));

	if (!order)
		order = compare_numbers(a->self.round_trips, b->self.round_trips);
	if (!order)
		order = compare_numbers(a->all.time_ns, b->all.time_ns);
	if (!order)
		order = strcmp(a->frame->name, b->frame->name);
	return order ? order : a->number < b->number ? -1 : 1;
}

static void finish(struct view *v)
{
	struct hotspots *h = (struct hotspots *)v;
	size_t count;
	struct profile_stack **stacks = profile_stacks(v->scope->profile, &count);

	h->spots = spots_new(stacks, count, (enum frame_grouping)h->options->group);
	struct spot *const *list = spots_list(h->spots, &h->count);
	h->sorted = xcalloc(h->count + 1, sizeof(*h->sorted));
	for (size_t i = 0; i < h->count; i++)
		h->sorted[i] = list[i];
	qsort_r(h->sorted, h->count, sizeof(*h->sorted), compare, h);
}

static bool is_listed(const struct hotspots *h, size_t i)
{
	return i < h->count && (!h->options->top || i < h->options->top);
}

static json_t *spot_json(const struct hotspots *h, const struct spot *s)
{
	struct latency *l = spots_latency(h->spots, s);
	uint64_t mean_ns = latency_count(l) ? (uint64_t)latency_mean_ns(l) : UNKNOWN;
	json_t *o = json_object();

	json_object_set_new(o, "name", json_text(s->frame->name));
	json_object_set_new(o, "module", json_text(s->frame->module));
	json_object_set_new(o, "file", json_text(s->frame->file));
	json_object_set_new(o, "line", json_known(s->frame->line ? s->frame->line : UNKNOWN));
	json_object_set_new(o, "inlined", json_boolean(s->frame->inlined));
	json_object_set_new(o, "self_round_trips", json_known(s->self.round_trips));
	json_object_set_new(o, "self_failed", json_known(s->self.failed));
	json_object_set_new(o, "self_ns", json_known(s->self.time_ns));
	json_object_set_new(o, "self_bytes_sent", json_known(s->self.bytes_sent));
	json_object_set_new(o, "self_bytes_received", json_known(s->self.bytes_received));
	json_object_set_new(o, "round_trips", json_known(s->all.round_trips));
	json_object_set_new(o, "failed", json_known(s->all.failed));
	json_object_set_new(o, "total_ns", json_known(s->all.time_ns));
	json_object_set_new(o, "bytes_sent", json_known(s->all.bytes_sent));
	json_object_set_new(o, "bytes_received", json_known(s->all.bytes_received));
	json_object_set_new(o, "mean_ns", json_known(mean_ns));
	json_object_set_new(o, "min_ns", json_known(latency_min_ns(l)));
	json_object_set_new(o, "p95_ns", json_known(latency_quantile_ns(l, 0.95)));
	json_object_set_new(o, "max_ns", json_known(latency_max_ns(l)));
	return o;
}

static json_t *json(struct view *v)
{
	const struct hotspots *h = (struct hotspots *)v;
	json_t *array = json_array();

	for (size_t i = 0; is_listed(h, i); i++)
		json_array_append_new(array, spot_json(h, h->sorted[i]));
	return array;
}

enum {
	COLUMN_TRIPS = 4,
	COLUMN_ALL_TRIPS,
	COLUMN_TIME,
	COLUMN_FAILED,
	COLUMN_BYTES,
	COLUMN_FRAME = 13,
	COLUMN_MODULE,
};
static const struct table_column hotspots_columns[] = {
	{ .title = "SELF", .align = TABLE_RIGHT },
	{ .title = "CUMULATIVE", .align = TABLE_RIGHT, .rank = 3 },
	{ .title = "SHARE", .align = TABLE_RIGHT },
	{ .title = "", .bar = 12, .rank = 1 },
	[COLUMN_TRIPS] = { .title = "TRIPS", .align = TABLE_RIGHT, .rank = 2 },
	[COLUMN_ALL_TRIPS] = { .title = "ALL TRIPS", .align = TABLE_RIGHT, .rank = 8 },
	[COLUMN_TIME] = { .title = "ALL TIME", .align = TABLE_RIGHT, .rank = 7 },
	[COLUMN_FAILED] = { .title = "FAILED", .align = TABLE_RIGHT, .rank = 7 },
	[COLUMN_BYTES] = { .title = "BYTES", .align = TABLE_RIGHT, .rank = 10 },
	{ .title = "MEAN", .align = TABLE_RIGHT, .rank = 4 },
	{ .title = "MIN", .align = TABLE_RIGHT, .rank = 11 },
	{ .title = "P95", .align = TABLE_RIGHT, .rank = 9 },
	{ .title = "MAX", .align = TABLE_RIGHT, .rank = 5 },
	[COLUMN_FRAME] = { .shrink_to = 24, .cut = TEXT_CUT_END },
	[COLUMN_MODULE] = { .title = "MODULE", .shrink_to = 10, .cut = TEXT_CUT_MIDDLE, .rank = 6 },
};
#define COLUMN_COUNT (sizeof(hotspots_columns) / sizeof(hotspots_columns[0]))

static void add_latency_cells(struct table *t, const struct hotspots *h, const struct spot *s)
{
	struct latency *l = spots_latency(h->spots, s);
	uint64_t mean_ns = latency_count(l) ? (uint64_t)latency_mean_ns(l) : UNKNOWN;
	char text[UNIT_TEXT_BYTES];

	table_add(t, STYLE_PLAIN, duration_format(mean_ns, text));
	table_add(t, STYLE_PLAIN, duration_format(latency_min_ns(l), text));
	table_add(t, STYLE_PLAIN, duration_format(latency_quantile_ns(l, 0.95), text));
	table_add(t, STYLE_PLAIN, duration_format(latency_max_ns(l), text));
}

static void add_row(struct table *t, const struct hotspots *h, const struct spot *s)
{
	double share = figures_share(ranked(h, s), spots_total(h->spots), weight_of(h));
	bool utf8 = h->view.scope->out.utf8;
	char text[UNIT_TEXT_BYTES], name[FRAME_TEXT_BYTES];
	bool calls = s->self.round_trips > 0; /* it calls the network itself */
	bool ranked_by_self = h->options->sort == BY_SELF;

	table_add(t, STYLE_PLAIN, calls ? figures_format(&s->self, weight_of(h), text) : "-");
	table_add(t, STYLE_PLAIN, figures_format(&s->all, weight_of(h), text));
	table_add(t, out_heat(share),
		  calls || !ranked_by_self ? percent_format(share, 1, text) : "-");
	table_add_bar(t, share);
	table_add(t, STYLE_PLAIN, calls ? count_format(s->self.round_trips, text) : "-");
	table_add(t, STYLE_PLAIN, count_format(s->all.round_trips, text));
	table_add(t, STYLE_PLAIN, duration_format(s->all.time_ns, text));
	table_add(t, s->all.failed ? STYLE_BAD : STYLE_DIM, count_format(s->all.failed, text));
	table_add(t, STYLE_PLAIN, size_format(figures_weigh(&s->all, WEIGHT_BYTES), text));
	add_latency_cells(t, h, s);
	table_add(t, calls ? STYLE_BOLD : STYLE_PLAIN, frame_text(s->frame, utf8, name));
	text_clean(s->frame->function && s->frame->module ? s->frame->module : "", utf8, name,
		   sizeof(name));
	table_add(t, STYLE_DIM, name);
}

/* What the first columns tell is not told again. */
static void choose_columns(const struct hotspots *h, struct table_column *columns)
{
	enum weight by = weight_of(h);

	memcpy(columns, hotspots_columns, sizeof(hotspots_columns));
	columns[COLUMN_TRIPS].hidden = columns[COLUMN_ALL_TRIPS].hidden = by == WEIGHT_TRIPS;
	columns[COLUMN_TIME].hidden = by == WEIGHT_TIME;
	columns[COLUMN_BYTES].hidden = by == WEIGHT_BYTES;
	columns[COLUMN_FAILED].hidden = by == WEIGHT_ERRORS || !spots_total(h->spots)->failed;
	columns[COLUMN_FRAME].title = frame_title((enum frame_grouping)h->options->group);
	columns[COLUMN_MODULE].hidden = h->options->group == GROUP_MODULE;
}

static void print(struct view *v, const struct out *o)
{
	static const char *const row_name[] = { "function", "line", "module" };
	const struct hotspots *h = (struct hotspots *)v;
	struct table_column columns[COLUMN_COUNT];
	char number[UNIT_TEXT_BYTES];

	choose_columns(h, columns);
	struct table *t = table_new(columns, COLUMN_COUNT);
	for (size_t i = 0; is_listed(h, i); i++)
		add_row(t, h, h->sorted[i]);
	table_print(t, o, !v->scope->several);
	table_free(t);
	if (is_listed(h, h->count - 1))
		return;
	out_styled(o, STYLE_DIM, "%s more%s",
		   things_format(h->count - h->options->top, row_name[h->options->group], number),
		   v->scope->several ? ": traceroundtrip hotspots" : "");
	fputc('\n', o->file);
}

const struct view_ops hotspots_view = {
	.name = "hotspots",
	.wants_profile = true,
	.create = create,
	.free = destroy,
	.finish = finish,
	.print = print,
	.json = json,
};
