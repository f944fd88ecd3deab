/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A calling-context tree of the stacks that made round trips. */
#include "analyzer/reports/calltree.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analyzer/reports/recursion.h"
#include "analyzer/util/alloc.h"

/* A child is found by its parent and what tells it apart: its frame, or its program's name. */
struct edge_key {
	uint64_t parent;
	const void *identity;
};

struct edge {
	struct edge_key key;
	size_t child;
	UT_hash_handle hh;
};

struct builder {
	struct calltree *tree;
	const struct calltree_options *options;
	const struct frame **path; /* of the stack at hand */
	size_t path_room;
	size_t room;
	struct tally *tallies; /* a node's own at first, then its children's as well */
	size_t tally_room;
	struct edge *edges;
	const char **programs; /* names: the first pointer of each text stands for it */
	size_t program_count, program_room;
};

static size_t add_node(struct builder *b, size_t parent, const char *name,
		       const struct frame *frame)
{
	struct calltree *t = b->tree;
	size_t node = t->count;

	t->nodes = xgrow(t->nodes, node, &b->room, sizeof(*t->nodes));
	b->tallies = xgrow(b->tallies, node, &b->tally_room, sizeof(*b->tallies));
	b->tallies[node] = (struct tally){ 0 };
	t->nodes[node] = (struct tree_node){
		.name = name,
		.frame = frame,
		.parent = parent,
		.first_child = NO_NODE,
		.next_sibling = NO_NODE,
		.depth = parent == NO_NODE ? 0 : t->nodes[parent].depth + 1,
	};
	t->count++;
	return node;
}

static size_t child_of(struct builder *b, size_t parent, const void *identity, const char *name,
		       const struct frame *frame)
{
	struct edge_key key = { parent, identity };
	struct edge *e;

	HASH_FIND(hh, b->edges, &key, sizeof(key), e);
	if (!e) {
		e = xcalloc(1, sizeof(*e));
		e->key = key;
		e->child = add_node(b, parent, name, frame);
		HASH_ADD(hh, b->edges, key, sizeof(e->key), e);
	}
	return e->child;
}

static size_t frame_child(struct builder *b, size_t parent, const struct frame *f)
{
	const struct frame *group = frame_group(f, b->options->grouping);
	/* A module has no line, even if all went through one. */
	const struct frame *shown = b->options->grouping == GROUP_MODULE ? group : f;
	size_t child = child_of(b, parent, group, group->name, shown);
	struct tree_node *n = &b->tree->nodes[child];

	if (n->frame != shown)
		n->frame = group;
	return child;
}

/* The same pointer for the same name. */
static const char *program_name(struct builder *b, const char *name)
{
	for (size_t i = 0; i < b->program_count; i++) {
		if (strcmp(b->programs[i], name) == 0)
			return b->programs[i];
	}
	b->programs = xgrow(b->programs, b->program_count, &b->program_room, sizeof(*b->programs));
	b->programs[b->program_count++] = name;
	return name;
}

/* Whether a frame is in a stack more than once. */
static bool comes_again(const struct profile_stack *s, const struct frame *f,
			enum frame_grouping grouping)
{
	const struct frame *group = frame_group(f, grouping);
	size_t times = 0;

	for (size_t i = 0; i < s->count && times < 2; i++)
		times += frame_group(s->frames[i], grouping) == group;
	return times > 1;
}

/* Copies the stack's frames to the path; returns how many are left without recursion. */
static size_t make_path(struct builder *b, const struct profile_stack *s)
{
	while (b->path_room < s->count)
		b->path = xgrow(b->path, b->path_room, &b->path_room, sizeof(*b->path));
	for (size_t i = 0; i < s->count; i++)
		b->path[i] = s->frames[i];
	if (b->options->recursion)
		return s->count;
	return recursion_fold(b->path, s->count, b->options->grouping);
}

static void add_stack(struct builder *b, const struct profile_stack *s)
{
	static const char unknown[] = "(stack not known)";
	size_t node = 0, length = make_path(b, s);

	if (b->program_count > 1) {
		const char *program = program_name(b, s->process->name);
		node = child_of(b, node, program, program, NULL);
	}
	if (!s->count)
		node = child_of(b, node, unknown, unknown, NULL);
	for (size_t i = 0; i < length; i++) {
		const struct frame *f = b->path[b->options->invert ? length - 1 - i : i];
		node = frame_child(b, node, f);
		if (length < s->count && b->options->grouping != GROUP_MODULE &&
		    comes_again(s, f, b->options->grouping))
			b->tree->nodes[node].recursive = true;
	}
	struct figures figures = profile_figures(s);
	figures_add(&b->tree->nodes[node].own, &figures);
	tally_merge(&b->tallies[node], &s->tally);
}

static void take_figures(struct tree_node *n, const struct tally *t)
{
	struct latency *l = t->latency;

	figures_add(&n->all, &n->own);
	n->pending = t->pending;
	n->mean_ns = l ? (uint64_t)latency_mean_ns(l) : UNKNOWN;
	n->p95_ns = l ? latency_quantile_ns(l, 0.95) : UNKNOWN;
	n->max_ns = l ? latency_max_ns(l) : UNKNOWN;
}

/* By time, then by round trips, then by name: the same order every time. */
static bool comes_first(const struct tree_node *a, const struct tree_node *b)
{
	if (a->all.time_ns != b->all.time_ns)
		return a->all.time_ns > b->all.time_ns;
	if (a->all.round_trips != b->all.round_trips)
		return a->all.round_trips > b->all.round_trips;
	return strcmp(a->name, b->name) < 0;
}

/* Nodes to be made siblings, with what comparing them needs. */
struct sibling {
	const struct tree_node *node;
	size_t index;
};

static int compare_siblings(const void *left, const void *right)
{
	const struct sibling *a = left, *b = right;

	if (a->node->parent != b->node->parent)
		return a->node->parent < b->node->parent ? -1 : 1;
	if (comes_first(a->node, b->node) || comes_first(b->node, a->node))
		return comes_first(a->node, b->node) ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Links each node's children in order. */
static void link_children(struct calltree *t)
{
	struct sibling *all = xcalloc(t->count, sizeof(*all));

	for (size_t i = 0; i < t->count; i++)
		all[i] = (struct sibling){ &t->nodes[i], i };
	qsort(all, t->count, sizeof(*all), compare_siblings);
	for (size_t i = t->count; i-- > 0;) {
		size_t node = all[i].index, parent = t->nodes[node].parent;
		if (parent == NO_NODE)
			continue;
		t->nodes[node].next_sibling = t->nodes[parent].first_child;
		t->nodes[parent].first_child = node;
	}
	free(all);
}

struct calltree *calltree_new(struct profile_stack *const *stacks, size_t count,
			      const struct calltree_options *options)
{
	struct builder b = { .tree = xcalloc(1, sizeof(*b.tree)), .options = options };
	struct edge *e, *next;

	for (size_t i = 0; i < count; i++)
		program_name(&b, stacks[i]->process->name);
	add_node(&b, NO_NODE, "all", NULL);
	for (size_t i = 0; i < count; i++)
		add_stack(&b, stacks[i]);
	/* Children come after their parents: from the end, each node is complete in its turn. */
	for (size_t i = b.tree->count; i-- > 0;) {
		struct tree_node *n = &b.tree->nodes[i];
		take_figures(n, &b.tallies[i]);
		if (n->parent == NO_NODE)
			continue;
		figures_add(&b.tree->nodes[n->parent].all, &n->all);
		tally_move(&b.tallies[n->parent], &b.tallies[i]);
	}
	tally_clear(&b.tallies[0]);
	link_children(b.tree);
	HASH_ITER(hh, b.edges, e, next)
	{
		HASH_DEL(b.edges, e);
		free(e);
	}
	free(b.tallies);
	free(b.programs);
	free(b.path);
	return b.tree;
}

void calltree_free(struct calltree *t)
{
	if (!t)
		return;
	free(t->nodes);
	free(t);
}
