/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions by the round trips that they, and what they call, make. */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analyzer/reports/profile.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/json.h"
#include "analyzer/util/table.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

/* self: it called into the network itself; cumulative: it was anywhere on the stack. */
struct function {
	const struct frame *frame; /* the key */
	uint64_t self_trips, self_ns, self_failed;
	uint64_t trips, total_ns, failed;
	uint64_t answered, max_ns; /* of the cumulative ones */
	size_t counted;            /* the last stack that was added, from 1: recursion counts once */
	UT_hash_handle hh;
};

struct hotspots {
	struct view view;
	const struct table_options *options;
	struct function *by_frame;
	struct function **sorted;
	size_t count;
	uint64_t all_trips, all_ns;
	bool any_failed;
};

/* Stands for the caller of round trips whose stack is not known. */
static const struct frame unknown_frame = { .name = "(stack not known)" };

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
	struct function *f, *next;

	HASH_ITER(hh, h->by_frame, f, next)
	{
		HASH_DEL(h->by_frame, f);
		free(f);
	}
	free(h->sorted);
	free(h);
}

static struct function *function_of(struct hotspots *h, const struct frame *frame)
{
	struct function *f;

	HASH_FIND_PTR(h->by_frame, &frame, f);
	if (!f) {
		f = xcalloc(1, sizeof(*f));
		f->frame = frame;
		HASH_ADD_PTR(h->by_frame, frame, f);
	}
	return f;
}

static void add_cumulative(struct function *f, const struct profile_stack *s, size_t number)
{
	if (f->counted == number)
		return;
	f->counted = number;
	f->trips += s->tally.round_trips;
	f->failed += s->tally.failed;
	f->total_ns += s->total_ns;
	f->answered += s->answered;
	if (s->answered && s->max_ns > f->max_ns)
		f->max_ns = s->max_ns;
}

static void add_stack(struct hotspots *h, const struct profile_stack *s, size_t number)
{
	const struct frame *innermost = s->count ? s->frames[s->count - 1] : &unknown_frame;
	struct function *self = function_of(h, innermost);

	self->self_trips += s->tally.round_trips;
	self->self_failed += s->tally.failed;
	self->self_ns += s->total_ns;
	add_cumulative(self, s, number);
	for (size_t i = 0; i < s->count; i++)
		add_cumulative(function_of(h, s->frames[i]), s, number);
	h->all_trips += s->tally.round_trips;
	h->all_ns += s->total_ns;
	h->any_failed = h->any_failed || s->tally.failed;
}

const char *const hotspots_keys[] = { "self", "trips", "failed", "cumulative", NULL };

static uint64_t figure(const struct function *f, enum hotspots_key key)
{
	switch (key) {
	case BY_SELF:
		return f->self_ns;
	case BY_OWN_TRIPS:
		return f->self_trips;
	case BY_OWN_FAILED:
		return f->self_failed;
	case BY_CUMULATIVE:
		break;
	}
	return f->total_ns;
}

/* qsort() hands no argument on: the key is this file's while it sorts. */
static enum hotspots_key sort_key;

static int compare(const void *left, const void *right)
{
	const struct function *a = *(struct function *const *)left;
	const struct function *b = *(struct function *const *)right;
	uint64_t left_figure = figure(a, sort_key), right_figure = figure(b, sort_key);

	if (left_figure != right_figure)
		return left_figure < right_figure ? 1 : -1;
	if (a->self_trips != b->self_trips)
		return a->self_trips < b->self_trips ? 1 : -1;
	if (a->total_ns != b->total_ns)
		return a->total_ns < b->total_ns ? 1 : -1;
	return strcmp(a->frame->name, b->frame->name);
}

static void finish(struct view *v)
{
	struct hotspots *h = (struct hotspots *)v;
	struct function *f, *next;
	size_t count;
	struct profile_stack **stacks = profile_stacks(v->scope->profile, &count);

	for (size_t i = 0; i < count; i++)
		add_stack(h, stacks[i], i + 1);
	h->sorted = xcalloc(HASH_COUNT(h->by_frame) + 1, sizeof(struct function *));
	HASH_ITER(hh, h->by_frame, f, next)
	h->sorted[h->count++] = f;
	sort_key = (enum hotspots_key)h->options->sort;
	qsort(h->sorted, h->count, sizeof(*h->sorted), compare);
}

static bool is_listed(const struct hotspots *h, size_t i)
{
	return i < h->count && (!h->options->top || i < h->options->top);
}

static json_t *json(struct view *v)
{
	const struct hotspots *h = (struct hotspots *)v;
	json_t *array = json_array();

	for (size_t i = 0; is_listed(h, i); i++) {
		const struct function *f = h->sorted[i];
		json_t *o = json_object();
		json_object_set_new(o, "name", json_text(f->frame->name));
		json_object_set_new(o, "module", json_text(f->frame->module));
		json_object_set_new(o, "self_round_trips", json_known(f->self_trips));
		json_object_set_new(o, "self_failed", json_known(f->self_failed));
		json_object_set_new(o, "self_ns", json_known(f->self_ns));
		json_object_set_new(o, "round_trips", json_known(f->trips));
		json_object_set_new(o, "failed", json_known(f->failed));
		json_object_set_new(o, "total_ns", json_known(f->total_ns));
		json_object_set_new(o, "max_ns", json_known(f->answered ? f->max_ns : UNKNOWN));
		json_array_append_new(array, o);
	}
	return array;
}

enum { COLUMN_FAILED = 4 };
static const struct table_column hotspots_columns[] = {
	{ .title = "SELF", .align = TABLE_RIGHT },
	{ .title = "SHARE", .align = TABLE_RIGHT },
	{ .title = "", .bar = 12, .rank = 1 },
	{ .title = "TRIPS", .align = TABLE_RIGHT },
	[COLUMN_FAILED] = { .title = "FAILED", .align = TABLE_RIGHT, .rank = 6 },
	{ .title = "CUMULATIVE", .align = TABLE_RIGHT, .rank = 3 },
	{ .title = "ALL TRIPS", .align = TABLE_RIGHT, .rank = 5 },
	{ .title = "MEAN", .align = TABLE_RIGHT, .rank = 4 },
	{ .title = "MAX", .align = TABLE_RIGHT, .rank = 2 },
	{ .title = "FUNCTION", .shrink_to = 24, .cut = TEXT_CUT_END },
	{ .title = "MODULE", .shrink_to = 10, .cut = TEXT_CUT_MIDDLE, .rank = 7 },
};
#define COLUMN_COUNT (sizeof(hotspots_columns) / sizeof(hotspots_columns[0]))

static void add_row(struct table *t, const struct hotspots *h, const struct function *f)
{
	const struct out *o = &h->view.scope->out;
	double share = h->all_ns ? (double)f->self_ns / (double)h->all_ns
				 : (double)f->self_trips / (double)h->all_trips;
	uint64_t mean_ns = f->answered ? f->total_ns / f->answered : UNKNOWN;
	char text[UNIT_TEXT_BYTES], name[2048];
	bool calls = f->self_trips > 0; /* it calls the network itself */

	table_add(t, STYLE_PLAIN, calls ? duration_format(f->self_ns, text) : "-");
	table_add(t, out_heat(share), calls ? percent_format(share, 1, text) : "-");
	table_add_bar(t, share);
	table_add(t, STYLE_PLAIN, calls ? count_format(f->self_trips, text) : "-");
	table_add(t, f->self_failed ? STYLE_BAD : STYLE_DIM, count_format(f->self_failed, text));
	table_add(t, STYLE_PLAIN, duration_format(f->total_ns, text));
	table_add(t, STYLE_PLAIN, count_format(f->trips, text));
	table_add(t, STYLE_PLAIN, duration_format(mean_ns, text));
	table_add(t, STYLE_PLAIN, duration_format(f->answered ? f->max_ns : UNKNOWN, text));
	table_add(t, calls ? STYLE_BOLD : STYLE_PLAIN,
		  text_clean(f->frame->name, o->utf8, name, sizeof(name)));
	text_clean(f->frame->function && f->frame->module ? f->frame->module : "", o->utf8, name,
		   sizeof(name));
	table_add(t, STYLE_DIM, name);
}

static void print(struct view *v, const struct out *o)
{
	const struct hotspots *h = (struct hotspots *)v;
	struct table_column columns[COLUMN_COUNT];
	char number[UNIT_TEXT_BYTES];

	memcpy(columns, hotspots_columns, sizeof(columns));
	columns[COLUMN_FAILED].hidden = !h->any_failed;
	struct table *t = table_new(columns, COLUMN_COUNT);
	for (size_t i = 0; is_listed(h, i); i++)
		add_row(t, h, h->sorted[i]);
	table_print(t, o, !v->scope->several);
	table_free(t);
	if (is_listed(h, h->count - 1))
		return;
	out_styled(o, STYLE_DIM, "%s function%s more%s",
		   count_format(h->count - h->options->top, number),
		   h->count - h->options->top == 1 ? "" : "s",
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
