/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who calls a function on the way to the network, and whom it calls. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/frame.h"
#include "analyzer/reports/profile.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/hash.h"
#include "analyzer/util/json.h"
#include "analyzer/util/table.h"
#include "analyzer/util/text.h"

/* A function beside the one that was asked for, or that one: the figures are the edge's. */
struct neighbour {
	const struct frame *group; /* the key */
	const struct frame *frame; /* with its line where all went through one, else the group */
	struct figures figures;
	const struct profile_stack *last; /* that was added: a stack counts once */
	size_t number;                    /* in order of first sight */
	UT_hash_handle hh;
};

struct callers {
	struct view view;
	const struct callers_options *options;
	struct neighbour *callers, *callees, *matches;
	struct figures total; /* all that the function has to do with */
};

/* Beyond both ends of a stack. */
static const struct frame network_frame = { .name = "(the network)" };
static const struct frame start_frame = { .name = "(start of the program or thread)" };

static struct view *create(struct scope *scope, const void *options)
{
	struct callers *c = xcalloc(1, sizeof(*c));

	c->view = (struct view){ &callers_view, scope };
	c->options = options;
	return &c->view;
}

static void free_neighbours(struct neighbour **all)
{
	struct neighbour *n, *next;

	HASH_ITER(hh, *all, n, next)
	{
		HASH_DEL(*all, n);
		free(n);
	}
}

static void destroy(struct view *v)
{
	struct callers *c = (struct callers *)v;

	free_neighbours(&c->callers);
	free_neighbours(&c->callees);
	free_neighbours(&c->matches);
	free(c);
}

static void add(const struct callers *c, struct neighbour **all, const struct frame *frame,
		const struct profile_stack *s)
{
	enum frame_grouping grouping = (enum frame_grouping)c->options->group;
	const struct frame *group = frame_group(frame, grouping);
	const struct frame *shown = grouping == GROUP_MODULE ? group : frame;
	struct figures figures = profile_figures(s);
	struct neighbour *n;

	HASH_FIND_PTR(*all, &group, n);
	if (!n) {
		n = xcalloc(1, sizeof(*n));
		n->group = group;
		n->frame = shown;
		n->number = HASH_COUNT(*all);
		HASH_ADD_PTR(*all, group, n);
	}
	if (n->frame != shown)
		n->frame = group;
	if (n->last == s)
		return;
	n->last = s;
	figures_add(&n->figures, &figures);
}

/* Literally too: names of C++ have characters that mean something in globs. */
static bool matches(const struct callers *c, const struct frame *frame)
{
	const char *wanted = c->options->function;
	const char *name = frame_group(frame, (enum frame_grouping)c->options->group)->name;

	return strcmp(wanted, name) == 0 || fnmatch(wanted, name, 0) == 0;
}

/*
 * Of a function that is on the stack several times, the outermost one's caller and the
 * innermost one's callee count: each round trip has one edge in and one edge out.
 */
static void add_stack(struct callers *c, const struct profile_stack *s)
{
	struct figures figures = profile_figures(s);
	const struct frame *callee = NULL;
	bool found = false;

	for (size_t i = 0; i < s->count; i++) {
		if (!matches(c, s->frames[i]))
			continue;
		if (!found)
			add(c, &c->callers, i ? s->frames[i - 1] : &start_frame, s);
		found = true;
		add(c, &c->matches, s->frames[i], s);
		callee = i + 1 < s->count ? s->frames[i + 1] : &network_frame;
	}
	if (!found)
		return;
	add(c, &c->callees, callee, s);
	figures_add(&c->total, &figures);
}

/* HASH_SORT() hands no argument on: what counts is this file's while it sorts. */
static enum weight sort_weight;

static int compare(const struct neighbour *a, const struct neighbour *b)
{
	uint64_t left = figures_weigh(&a->figures, sort_weight);
	uint64_t right = figures_weigh(&b->figures, sort_weight);

	if (left != right)
		return left < right ? 1 : -1;
	if (a->figures.round_trips != b->figures.round_trips)
		return a->figures.round_trips < b->figures.round_trips ? 1 : -1;
	return a->number < b->number ? -1 : 1;
}

static void finish(struct view *v)
{
	struct callers *c = (struct callers *)v;
	size_t stack_count;
	struct profile_stack **stacks = profile_stacks(v->scope->profile, &stack_count);

	for (size_t i = 0; i < stack_count; i++)
		add_stack(c, stacks[i]);
	sort_weight = (enum weight)c->options->by;
	HASH_SORT(c->callers, compare);
	HASH_SORT(c->callees, compare);
	HASH_SORT(c->matches, compare);
}

static bool empty(const struct view *v, char *reason)
{
	const struct callers *c = (const struct callers *)v;
	char name[256];

	snprintf(reason, EMPTY_TEXT_BYTES,
		 "no function that matches '%s' made a round trip; "
		 "`traceroundtrip hotspots` lists them",
		 text_clean(c->options->function, v->scope->out.utf8, name, sizeof(name)));
	return !c->matches;
}

static json_t *neighbour_json(const struct neighbour *n)
{
	const struct frame *f = n->frame;
	json_t *o = json_object();

	json_object_set_new(o, "name", json_text(f->name));
	json_object_set_new(o, "module", json_text(f->module));
	json_object_set_new(o, "file", json_text(f->file));
	json_object_set_new(o, "line", json_known(f->line ? f->line : UNKNOWN));
	json_object_set_new(o, "inlined", json_boolean(f->inlined));
	json_object_set_new(o, "round_trips", json_known(n->figures.round_trips));
	json_object_set_new(o, "failed", json_known(n->figures.failed));
	json_object_set_new(o, "total_ns", json_known(n->figures.time_ns));
	json_object_set_new(o, "bytes_sent", json_known(n->figures.bytes_sent));
	json_object_set_new(o, "bytes_received", json_known(n->figures.bytes_received));
	return o;
}

static json_t *neighbours_json(const struct callers *c, const struct neighbour *all)
{
	json_t *array = json_array();
	uint64_t i = 0;

	for (const struct neighbour *n = all; n; n = n->hh.next) {
		if (c->options->top && i++ >= c->options->top)
			break;
		json_array_append_new(array, neighbour_json(n));
	}
	return array;
}

static json_t *json(struct view *v)
{
	const struct callers *c = (struct callers *)v;
	json_t *o = json_object();

	json_object_set_new(o, "round_trips", json_known(c->total.round_trips));
	json_object_set_new(o, "failed", json_known(c->total.failed));
	json_object_set_new(o, "total_ns", json_known(c->total.time_ns));
	json_object_set_new(o, "functions", neighbours_json(c, c->matches));
	json_object_set_new(o, "callers", neighbours_json(c, c->callers));
	json_object_set_new(o, "callees", neighbours_json(c, c->callees));
	return o;
}

enum { COLUMN_FAILED = 2, COLUMN_FRAME = 6, COLUMN_MODULE };
static const struct table_column callers_columns[] = {
	{ .title = "TRIPS", .align = TABLE_RIGHT },
	{ .title = "TOTAL", .align = TABLE_RIGHT },
	[COLUMN_FAILED] = { .title = "FAILED", .align = TABLE_RIGHT, .rank = 3 },
	{ .title = "BYTES", .align = TABLE_RIGHT, .rank = 4 },
	{ .title = "SHARE", .align = TABLE_RIGHT },
	{ .title = "", .bar = 12, .rank = 1 },
	[COLUMN_FRAME] = { .shrink_to = 24, .cut = TEXT_CUT_END },
	[COLUMN_MODULE] = { .title = "MODULE", .shrink_to = 10, .cut = TEXT_CUT_MIDDLE, .rank = 2 },
};
#define COLUMN_COUNT (sizeof(callers_columns) / sizeof(callers_columns[0]))

static void add_row(struct table *t, const struct callers *c, const struct neighbour *n,
		    enum style style, const char *before)
{
	double share = figures_share(&n->figures, &c->total, (enum weight)c->options->by);
	bool utf8 = c->view.scope->out.utf8;
	char number[UNIT_TEXT_BYTES], name[FRAME_TEXT_BYTES], text[FRAME_TEXT_BYTES + 16];

	table_add(t, STYLE_PLAIN, count_format(n->figures.round_trips, number));
	table_add(t, STYLE_PLAIN, duration_format(n->figures.time_ns, number));
	table_add(t, n->figures.failed ? STYLE_BAD : STYLE_DIM,
		  count_format(n->figures.failed, number));
	table_add(t, STYLE_PLAIN, figures_format(&n->figures, WEIGHT_BYTES, number));
	table_add(t, out_heat(share), percent_format(share, 1, number));
	table_add_bar(t, share);
	snprintf(text, sizeof(text), "%s%s", before, frame_text(n->frame, utf8, name));
	table_add(t, style, text);
	bool named = n->frame->function && n->frame->module;
	text_clean(named ? n->frame->module : "", utf8, name, sizeof(name));
	table_add(t, STYLE_DIM, name);
}

static void add_rows(struct table *t, const struct callers *c, const struct neighbour *all,
		     enum style style, const char *before)
{
	uint64_t i = 0;

	for (const struct neighbour *n = all; n && (!c->options->top || i < c->options->top); i++) {
		add_row(t, c, n, style, before);
		n = n->hh.next;
	}
}

/* Callers above what was asked for, callees below: as a stack is read. */
static void print(struct view *v, const struct out *o)
{
	const struct callers *c = (struct callers *)v;
	struct table_column columns[COLUMN_COUNT];

	memcpy(columns, callers_columns, sizeof(columns));
	columns[COLUMN_FAILED].hidden = !c->total.failed;
	columns[COLUMN_FRAME].title = frame_title((enum frame_grouping)c->options->group);
	columns[COLUMN_MODULE].hidden = c->options->group == GROUP_MODULE;
	struct table *t = table_new(columns, COLUMN_COUNT);
	if (!c->options->callees)
		add_rows(t, c, c->callers, STYLE_PLAIN, out_pick(o, "  ┌ ", "  / "));
	add_rows(t, c, c->matches, STYLE_BOLD, "");
	if (c->options->callees)
		add_rows(t, c, c->callees, STYLE_PLAIN, out_pick(o, "  └ ", "  \\ "));
	table_print(t, o, false);
	table_free(t);
}

const struct view_ops callers_view = {
	.name = "callers",
	.wants_profile = true,
	.create = create,
	.free = destroy,
	.finish = finish,
	.empty = empty,
	.print = print,
	.json = json,
};
