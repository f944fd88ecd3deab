/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call tree of the round trips, printed. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/calltree.h"
#include "analyzer/reports/frame.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/jsonline.h"
#include "analyzer/util/table.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

#define DEFAULT_MIN_SHARE 0.5 /* percent: a tree of thousands of nodes tells a reader nothing */
#define NARROW 100u           /* columns: below, runs of only children share a line */
#define LINE_BYTES 8192u

struct tree {
	struct view view;
	const struct tree_options *options;
	struct calltree *calls;
};

static struct view *create(struct scope *scope, const void *options)
{
	struct tree *t = xcalloc(1, sizeof(*t));

	t->view = (struct view){ &tree_view, scope };
	t->options = options;
	return &t->view;
}

static void destroy(struct view *v)
{
	struct tree *t = (struct tree *)v;

	calltree_free(t->calls);
	free(t);
}

static void finish(struct view *v)
{
	struct tree *t = (struct tree *)v;
	size_t count;
	struct profile_stack **stacks = profile_stacks(v->scope->profile, &count);

	const struct calltree_options options = {
		.grouping = (enum frame_grouping)t->options->group,
		.invert = t->options->invert,
		.recursion = t->options->no_fold,
	};

	t->calls = calltree_new(stacks, count, &options);
}

static double share_of(const struct tree *t, const struct tree_node *n)
{
	return figures_share(&n->all, &t->calls->nodes[0].all, WEIGHT_TIME);
}

/* By time or by number: ten failures that took no time are worth a line. */
static bool is_shown(const struct tree *t, const struct tree_node *n, double default_share)
{
	double least = t->options->min_share < 0 ? default_share : t->options->min_share;
	double trips = figures_share(&n->all, &t->calls->nodes[0].all, WEIGHT_TRIPS);

	return (!t->options->max_depth || n->depth <= t->options->max_depth) &&
	       (share_of(t, n) * 100 >= least || trips * 100 >= least);
}

/* The node before which all of a subtree comes, in the order of reading. */
static size_t next_in_order(const struct calltree *c, size_t node, bool descend)
{
	if (descend && c->nodes[node].first_child != NO_NODE)
		return c->nodes[node].first_child;
	while (node != NO_NODE && c->nodes[node].next_sibling == NO_NODE)
		node = c->nodes[node].parent;
	return node == NO_NODE ? NO_NODE : c->nodes[node].next_sibling;
}

static void node_json(const struct tree *t, size_t id, struct jsonline *line)
{
	const struct tree_node *n = &t->calls->nodes[id];
	const struct frame *f = n->frame;

	jsonline_begin(line);
	jsonline_known(line, "id", id);
	jsonline_known(line, "parent", n->parent != NO_NODE ? n->parent : UNKNOWN);
	jsonline_known(line, "depth", n->depth);
	jsonline_text(line, "name", n->name);
	jsonline_text(line, "module", f ? f->module : NULL);
	jsonline_text(line, "file", f ? f->file : NULL);
	jsonline_known(line, "line", f && f->line ? f->line : UNKNOWN);
	jsonline_boolean(line, "inlined", f && f->inlined);
	jsonline_boolean(line, "recursive", n->recursive);
	jsonline_known(line, "round_trips", n->all.round_trips);
	jsonline_known(line, "own_round_trips", n->own.round_trips);
	jsonline_known(line, "failed", n->all.failed);
	jsonline_known(line, "pending", n->pending);
	jsonline_known(line, "total_ns", n->all.time_ns);
	jsonline_known(line, "own_ns", n->own.time_ns);
	jsonline_known(line, "bytes_sent", n->all.bytes_sent);
	jsonline_known(line, "own_bytes_sent", n->own.bytes_sent);
	jsonline_known(line, "bytes_received", n->all.bytes_received);
	jsonline_known(line, "own_bytes_received", n->own.bytes_received);
	jsonline_real(line, "share", share_of(t, n));
	jsonline_known(line, "mean_ns", n->mean_ns);
	jsonline_known(line, "p95_ns", n->p95_ns);
	jsonline_known(line, "max_ns", n->max_ns);
	jsonline_finish(line);
}

/*
 * Nodes in a flat list, by parent: nested objects would go deeper than readers of JSON allow.
 * Each is written as it comes, as there may be hundreds of thousands.
 */
static void write_json(struct view *v, FILE *file)
{
	const struct tree *t = (struct tree *)v;
	struct jsonline line = { 0 };

	fprintf(file, "{\n  \"inverted\": %s,\n  \"nodes\": [",
		t->options->invert ? "true" : "false");
	for (size_t i = 0; i != NO_NODE;) {
		bool shown = is_shown(t, &t->calls->nodes[i], 0);
		if (shown) {
			node_json(t, i, &line);
			fprintf(file, "%s\n    %s", i ? "," : "", line.text);
		}
		i = next_in_order(t->calls, i, shown);
	}
	fputs("\n  ]\n}", file);
	jsonline_free(&line);
}

enum { COLUMN_FRAME = 7 };
static const struct table_column tree_columns[] = {
	{ .title = "TRIPS", .align = TABLE_RIGHT },
	{ .title = "TOTAL", .align = TABLE_RIGHT },
	{ .title = "SHARE", .align = TABLE_RIGHT },
	{ .title = "", .bar = 10, .rank = 4 },
	{ .title = "MEAN", .align = TABLE_RIGHT, .rank = 2 },
	{ .title = "P95", .align = TABLE_RIGHT, .rank = 3 },
	{ .title = "MAX", .align = TABLE_RIGHT, .rank = 1 },
	[COLUMN_FRAME] = { .shrink_to = 30, .cut = TEXT_CUT_END },
};
#define COLUMN_COUNT (sizeof(tree_columns) / sizeof(tree_columns[0]))

/* What printing carries along: the lines to come, and what stands before the current name. */
struct pending_line {
	size_t node;       /* NO_NODE: the sum of children that are not shown */
	size_t parent;
	size_t prefix;     /* bytes of the prefix that belong to this line */
	bool branches;     /* it has shown siblings: a connector stands before it */
	bool last;         /* of its siblings */
	bool hot;          /* on the path that most of the time takes */
};

struct printer {
	const struct tree *tree;
	const struct out *o;
	struct table *table;
	struct pending_line *lines; /* a stack */
	size_t line_count, line_room;
	char prefix[LINE_BYTES];
	size_t prefix_columns_max;
};

/* What hidden children amount to. */
struct rest {
	struct figures figures;
	size_t nodes;
};

static void push_line(struct printer *p, struct pending_line line)
{
	p->lines = xgrow(p->lines, p->line_count, &p->line_room, sizeof(*p->lines));
	p->lines[p->line_count++] = line;
}

static struct rest hidden_children(const struct tree *t, const struct tree_node *n)
{
	struct rest rest = { 0 };

	for (size_t i = n->first_child; i != NO_NODE; i = t->calls->nodes[i].next_sibling) {
		const struct tree_node *child = &t->calls->nodes[i];
		if (is_shown(t, child, DEFAULT_MIN_SHARE))
			continue;
		rest.nodes++;
		figures_add(&rest.figures, &child->all);
	}
	return rest;
}

static size_t shown_children(const struct tree *t, const struct tree_node *n)
{
	size_t count = 0;

	for (size_t i = n->first_child; i != NO_NODE; i = t->calls->nodes[i].next_sibling)
		count += is_shown(t, &t->calls->nodes[i], DEFAULT_MIN_SHARE);
	return count;
}

static void add_figures(struct printer *p, const struct figures *f, enum style style)
{
	double share = figures_share(f, &p->tree->calls->nodes[0].all, WEIGHT_TIME);
	char text[UNIT_TEXT_BYTES];

	table_add(p->table, style, count_format(f->round_trips, text));
	table_add(p->table, style, duration_format(f->time_ns, text));
	table_add(p->table, out_heat(share), percent_format(share, 1, text));
	table_add_bar(p->table, share);
}

/* A line for what the tree does not break down. */
static void add_rest(struct printer *p, const struct figures *f, const char *text)
{
	add_figures(p, f, STYLE_DIM);
	for (int i = 0; i < 3; i++)
		table_add(p->table, STYLE_DIM, "");
	table_add(p->table, STYLE_DIM, text);
}

static void print_rest_line(struct printer *p, const struct pending_line *line)
{
	const struct tree_node *n = &p->tree->calls->nodes[line->parent];
	struct rest rest = hidden_children(p->tree, n);
	char text[LINE_BYTES + 64];

	snprintf(text, sizeof(text), "%.*s%s%zu more", (int)line->prefix, p->prefix,
		 !line->branches ? "" : out_pick(p->o, "└─ ", "`- "), rest.nodes);
	add_rest(p, &rest.figures, text);
}

/* The only child that is shown and has all that its parent has; NO_NODE if there is none. */
static size_t only_child(const struct tree *t, size_t node)
{
	const struct tree_node *n = &t->calls->nodes[node];
	size_t child = n->first_child;

	if (child == NO_NODE || t->calls->nodes[child].all.round_trips != n->all.round_trips ||
	    !is_shown(t, &t->calls->nodes[child], DEFAULT_MIN_SHARE))
		return NO_NODE;
	return child;
}

/* Between the functions of a run: calls, or in an inverted tree is called by. */
static const char *arrow_of(const struct printer *p)
{
	return p->tree->options->invert ? out_pick(p->o, " ‹ ", " < ")
					: out_pick(p->o, " › ", " > ");
}

/* "ask  app.c:12"; clean; writes at most FRAME_TEXT_BYTES. */
static const char *node_text(const struct printer *p, const struct tree_node *n, char *buffer)
{
	if (n->frame)
		frame_text(n->frame, p->o->utf8, buffer);
	else
		text_clean(n->name, p->o->utf8, buffer, FRAME_TEXT_BYTES);
	return buffer;
}

/* "a › b › c": returns the last node of the run that the line stands for. */
static size_t append_names(const struct printer *p, size_t node, char *text, size_t size)
{
	const struct calltree *c = p->tree->calls;
	const char *arrow = arrow_of(p);
	size_t used = strlen(text);
	char clean[FRAME_TEXT_BYTES];

	for (;;) {
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 node_text(p, &c->nodes[node], clean),
					 c->nodes[node].recursive ? " (recursive)" : "");
		size_t child = p->o->width < NARROW && node ? only_child(p->tree, node) : NO_NODE;
		if (child == NO_NODE || used + sizeof(clean) + 64 >= size)
			return node;
		used += (size_t)snprintf(text + used, size - used, "%s", arrow);
		node = child;
	}
}

static void push_children(struct printer *p, size_t node, size_t prefix, bool hot)
{
	const struct tree *t = p->tree;
	const struct tree_node *n = &t->calls->nodes[node];
	size_t shown = shown_children(t, n), first = p->line_count;
	bool more = hidden_children(t, n).nodes > 0;
	bool branches = node && shown + more + (n->own.round_trips > 0) > 1;

	for (size_t i = n->first_child; i != NO_NODE; i = t->calls->nodes[i].next_sibling) {
		const struct tree_node *child = &t->calls->nodes[i];
		if (!is_shown(t, child, DEFAULT_MIN_SHARE))
			continue;
		push_line(p, (struct pending_line){
				     .node = i,
				     .prefix = prefix,
				     .branches = branches,
				     .last = --shown == 0 && !more,
				     .hot = hot && 2 * child->all.time_ns >= n->all.time_ns,
			     });
	}
	if (more)
		push_line(p, (struct pending_line){ .node = NO_NODE,
						    .parent = node,
						    .prefix = prefix,
						    .branches = branches,
						    .last = true });
	/* A stack gives back the last first. */
	for (size_t a = first, b = p->line_count; a + 1 < b; a++, b--) {
		struct pending_line line = p->lines[a];
		p->lines[a] = p->lines[b - 1];
		p->lines[b - 1] = line;
	}
}

/* Adds to the prefix what stands before the children of a line; returns its new length. */
static size_t extend_prefix(struct printer *p, const struct pending_line *line)
{
	const char *more = line->last ? "   " : out_pick(p->o, "│  ", "|  ");

	if (!line->branches || line->prefix + strlen(more) >= sizeof(p->prefix))
		return line->prefix;
	p->prefix[line->prefix] = '\0';
	if (text_columns(p->prefix) + 3 > p->prefix_columns_max)
		return line->prefix; /* too deep to go further to the right */
	strcpy(p->prefix + line->prefix, more);
	return line->prefix + strlen(more);
}

/* A function that calls others which make round trips, and makes some itself. */
static void add_own_line(struct printer *p, const struct tree_node *n, size_t prefix, bool last)
{
	char text[LINE_BYTES + 64];

	snprintf(text, sizeof(text), "%.*s%sby itself", (int)prefix, p->prefix,
		 last ? out_pick(p->o, "└─ ", "`- ") : out_pick(p->o, "├─ ", "|- "));
	add_rest(p, &n->own, text);
}

static void print_node_line(struct printer *p, const struct pending_line *line)
{
	const struct tree_node *n = &p->tree->calls->nodes[line->node];
	enum style style = line->hot ? STYLE_BOLD : STYLE_PLAIN;
	char text[LINE_BYTES + 2048], next[LINE_BYTES], number[UNIT_TEXT_BYTES];
	const char *connector = "";

	if (line->branches)
		connector = line->last ? out_pick(p->o, "└─ ", "`- ") : out_pick(p->o, "├─ ", "|- ");
	snprintf(text, sizeof(text), "%.*s%s", (int)line->prefix, p->prefix, connector);
	size_t end = append_names(p, line->node, text, sizeof(text));
	if (n->all.failed) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "  (%s failed)",
			 count_format(n->all.failed, number));
	}
	size_t prefix = extend_prefix(p, line);
	snprintf(next, sizeof(next), "%.*s  ", (int)prefix, p->prefix);
	add_figures(p, &n->all, style);
	table_add(p->table, STYLE_PLAIN, duration_format(n->mean_ns, number));
	table_add(p->table, STYLE_PLAIN, duration_format(n->p95_ns, number));
	table_add(p->table, STYLE_PLAIN, duration_format(n->max_ns, number));
	table_add_wrapped(p->table, style, text, arrow_of(p), next);
	const struct tree_node *last = &p->tree->calls->nodes[end];
	if (last->own.round_trips && last->first_child != NO_NODE)
		add_own_line(p, last, prefix, false);
	push_children(p, end, prefix, line->hot);
}

/* Why stacks are not known, where a whole process has none; each reason once. */
static void print_reasons(const struct scope *scope, const struct out *o)
{
	size_t count;
	struct process **processes = recording_processes(scope->recording, &count);
	const char *last = NULL;
	char name[256];

	for (size_t i = 0; i < count; i++) {
		const struct process *p = processes[i];
		if (!p->stacks_off || p->stacks_off == last || !filter_process(scope->filter, p))
			continue;
		last = p->stacks_off;
		out_styled(o, STYLE_WARM, "no stacks of %s: %s",
			   text_clean(p->name, o->utf8, name, sizeof(name)), p->stacks_off);
		fputc('\n', o->file);
	}
}

static void print(struct view *v, const struct out *o)
{
	const struct tree *t = (struct tree *)v;
	struct table_column columns[COLUMN_COUNT];

	memcpy(columns, tree_columns, sizeof(columns));
	columns[COLUMN_FRAME].title = frame_title((enum frame_grouping)t->options->group);
	struct printer p = {
		.tree = t,
		.o = o,
		.table = table_new(columns, COLUMN_COUNT),
		.prefix_columns_max = o->width / 3,
	};
	/* The root's line would say "100 %" of everything: its children start. */
	push_children(&p, 0, 0, true);
	while (p.line_count) {
		struct pending_line line = p.lines[--p.line_count];
		if (line.node == NO_NODE)
			print_rest_line(&p, &line);
		else
			print_node_line(&p, &line);
	}
	table_print(p.table, o, false);
	table_free(p.table);
	free(p.lines);
	print_reasons(v->scope, o);
}

const struct view_ops tree_view = {
	.name = "tree",
	.wants_profile = true,
	.create = create,
	.free = destroy,
	.finish = finish,
	.print = print,
	.write_json = write_json,
};
