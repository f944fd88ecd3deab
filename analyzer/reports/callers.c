/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who calls a function on the way to the network, and what it calls. */
#include <fnmatch.h>
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

/* A function beside the one that was asked for. */
struct neighbour {
	const struct frame *frame; /* the key */
	uint64_t trips, total_ns, failed;
	size_t counted; /* the last stack that was added, from 1: a stack counts once */
	UT_hash_handle hh;
};

struct callers {
	struct view view;
	const struct callers_options *options;
	struct neighbour *callers, *callees, *matches;
	struct neighbour itself; /* all that the function has to do with */
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

static void count(struct neighbour *n, const struct profile_stack *s, size_t number)
{
	if (n->counted == number)
		return;
	n->counted = number;
	n->trips += s->tally.round_trips;
	n->failed += s->tally.failed;
	n->total_ns += s->total_ns;
}

static void add(struct neighbour **all, const struct frame *frame, const struct profile_stack *s,
		size_t number)
{
	struct neighbour *n;

	HASH_FIND_PTR(*all, &frame, n);
	if (!n) {
		n = xcalloc(1, sizeof(*n));
		n->frame = frame;
		HASH_ADD_PTR(*all, frame, n);
	}
	count(n, s, number);
}

/* Literally too: names of C++ have characters that mean something in globs. */
static bool matches(const char *wanted, const char *name)
{
	return strcmp(wanted, name) == 0 || fnmatch(wanted, name, 0) == 0;
}

static void add_stack(struct callers *c, const struct profile_stack *s, size_t number)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct frame *frame = s->frames[i];
		if (!matches(c->options->function, frame->name))
			continue;
		count(&c->itself, s, number);
		add(&c->matches, frame, s, number);
		add(&c->callers, i ? s->frames[i - 1] : &start_frame, s, number);
		add(&c->callees, i + 1 < s->count ? s->frames[i + 1] : &network_frame, s, number);
	}
}

static int compare(const struct neighbour *a, const struct neighbour *b)
{
	if (a->total_ns != b->total_ns)
		return a->total_ns < b->total_ns ? 1 : -1;
	if (a->trips != b->trips)
		return a->trips < b->trips ? 1 : -1;
	return strcmp(a->frame->name, b->frame->name);
}

static void finish(struct view *v)
{
	struct callers *c = (struct callers *)v;
	size_t stack_count;
	struct profile_stack **stacks = profile_stacks(v->scope->profile, &stack_count);

	for (size_t i = 0; i < stack_count; i++)
		add_stack(c, stacks[i], i + 1);
	HASH_SORT(c->callers, compare);
	HASH_SORT(c->callees, compare);
	HASH_SORT(c->matches, compare);
}

static bool empty(const struct view *v, char *reason)
{
	const struct callers *c = (const struct callers *)v;
	char name[256];

	snprintf(reason, EMPTY_TEXT_BYTES,
		 "no function that matches '%s' made a round trip; `traceroundtrip hotspots` lists them",
		 text_clean(c->options->function, v->scope->out.utf8, name, sizeof(name)));
	return !c->matches;
}

static json_t *neighbours_json(const struct callers *c, struct neighbour *all)
{
	json_t *array = json_array();
	uint64_t i = 0;

	for (struct neighbour *n = all; n; n = n->hh.next) {
		if (c->options->top && i++ >= c->options->top)
			break;
		json_t *o = json_object();
		json_object_set_new(o, "name", json_text(n->frame->name));
		json_object_set_new(o, "module", json_text(n->frame->module));
		json_object_set_new(o, "round_trips", json_known(n->trips));
		json_object_set_new(o, "failed", json_known(n->failed));
		json_object_set_new(o, "total_ns", json_known(n->total_ns));
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *json(struct view *v)
{
	const struct callers *c = (struct callers *)v;
	json_t *o = json_object();

	json_object_set_new(o, "round_trips", json_known(c->itself.trips));
	json_object_set_new(o, "failed", json_known(c->itself.failed));
	json_object_set_new(o, "total_ns", json_known(c->itself.total_ns));
	json_object_set_new(o, "functions", neighbours_json(c, c->matches));
	json_object_set_new(o, "callers", neighbours_json(c, c->callers));
	json_object_set_new(o, "callees", neighbours_json(c, c->callees));
	return o;
}

static void add_row(struct table *t, const struct callers *c, const struct neighbour *n,
		    enum style style, const char *before)
{
	bool timed = c->itself.total_ns > 0;
	double part = (double)(timed ? n->total_ns : n->trips);
	double whole = (double)(timed ? c->itself.total_ns : c->itself.trips);
	char text[UNIT_TEXT_BYTES], raw[2048], clean[4096];

	table_add(t, STYLE_PLAIN, count_format(n->trips, text));
	table_add(t, STYLE_PLAIN, duration_format(n->total_ns, text));
	table_add(t, out_heat(part / whole), percent_format(part, whole, text));
	table_add_bar(t, part / whole);
	snprintf(raw, sizeof(raw), "%s%s", before, n->frame->name);
	table_add(t, style, text_clean(raw, c->view.scope->out.utf8, clean, sizeof(clean)));
	bool named = n->frame->function && n->frame->module;
	text_clean(named ? n->frame->module : "", c->view.scope->out.utf8, clean, sizeof(clean));
	table_add(t, STYLE_DIM, clean);
}

static void add_rows(struct table *t, const struct callers *c, struct neighbour *all,
		     enum style style, const char *before)
{
	uint64_t i = 0;

	for (struct neighbour *n = all; n && (!c->options->top || i < c->options->top); i++) {
		add_row(t, c, n, style, before);
		n = n->hh.next;
	}
}

static const struct table_column columns[] = {
	{ .title = "TRIPS", .align = TABLE_RIGHT },
	{ .title = "TOTAL", .align = TABLE_RIGHT },
	{ .title = "SHARE", .align = TABLE_RIGHT },
	{ .title = "", .bar = 12, .rank = 1 },
	{ .title = "FUNCTION", .shrink_to = 24, .cut = TEXT_CUT_END },
	{ .title = "MODULE", .shrink_to = 10, .cut = TEXT_CUT_MIDDLE, .rank = 2 },
};

/* Callers above, what was asked for in the middle, callees below: as a stack is read. */
static void print(struct view *v, const struct out *o)
{
	const struct callers *c = (struct callers *)v;
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]));

	add_rows(t, c, c->callers, STYLE_PLAIN, out_pick(o, "  ┌ ", "  / "));
	add_rows(t, c, c->matches, STYLE_BOLD, "");
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
