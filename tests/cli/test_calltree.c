/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call tree of made-up stacks: its shape, its sums, its order. */
#include "analyzer/reports/calltree.h"
#include "tests/unit/tap.h"

static const struct frame frames[] = {
	{ .name = "main", .function = "main", .module = "app" },
	{ .name = "f", .function = "f", .module = "app" },
	{ .name = "g", .function = "g", .module = "app" },
	{ .name = "send_it", .function = "send_it", .module = "lib" },
};
enum { MAIN, F, G, SEND };

static const struct process app = { .name = "app", .pid = 1 };
static const struct process other = { .name = "other", .pid = 2 };
static const struct process app_again = { .name = "app", .pid = 3 };

struct made_stack {
	struct profile_stack stack;
	const struct frame *frames[16];
};

/* A stack of these frames, outermost first, with trips of these latencies (0 ends both). */
static struct profile_stack *make(struct made_stack *m, const struct process *p, const int *path,
				  size_t depth, const uint64_t *latencies)
{
	*m = (struct made_stack){ .stack = { .process = p, .frames = m->frames, .count = depth } };
	for (size_t i = 0; i < depth; i++)
		m->frames[i] = &frames[path[i]];
	m->stack.tally.latency = latency_new();
	m->stack.max_ns = UNKNOWN;
	for (; *latencies; latencies++) {
		latency_add(m->stack.tally.latency, *latencies);
		m->stack.tally.round_trips++;
		m->stack.answered++;
		m->stack.total_ns += *latencies;
	}
	return &m->stack;
}

/* The tree as text: a line a node, indented by depth. */
static const char *describe(const struct calltree *t)
{
	static char text[4096];
	size_t used = 0, node = 0;

	while (node != NO_NODE) {
		const struct tree_node *n = &t->nodes[node];
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%*s%s trips=%" PRIu64 " own=%" PRIu64 " total=%" PRIu64
					 " max=%" PRIu64 "\n",
					 (int)n->depth, "", n->name, n->round_trips, n->own_trips,
					 n->total_ns, n->max_ns);
		if (n->first_child != NO_NODE) {
			node = n->first_child;
			continue;
		}
		while (node != NO_NODE && t->nodes[node].next_sibling == NO_NODE)
			node = t->nodes[node].parent;
		if (node != NO_NODE)
			node = t->nodes[node].next_sibling;
	}
	return text;
}

static void test_one_program(void)
{
	struct made_stack made[3];
	struct profile_stack *stacks[] = {
		make(&made[0], &app, (int[]){ MAIN, F, SEND }, 3, (uint64_t[]){ 10, 20, 0 }),
		make(&made[1], &app, (int[]){ MAIN, G, SEND }, 3, (uint64_t[]){ 100, 0 }),
		make(&made[2], &app, (int[]){ MAIN, F }, 2, (uint64_t[]){ 5, 0 }),
	};
	struct calltree *t = calltree_new(stacks, 3, false);

	is_text(describe(t),
		"all trips=4 own=0 total=135 max=100\n"
		" main trips=4 own=0 total=135 max=100\n"
		"  g trips=1 own=0 total=100 max=100\n"
		"   send_it trips=1 own=1 total=100 max=100\n"
		"  f trips=3 own=1 total=35 max=20\n"
		"   send_it trips=2 own=2 total=30 max=20\n",
		"a tree with two branches and a function that asks by itself");
	calltree_free(t);
}

static void test_inverted(void)
{
	struct made_stack made[2];
	struct profile_stack *stacks[] = {
		make(&made[0], &app, (int[]){ MAIN, F, SEND }, 3, (uint64_t[]){ 10, 0 }),
		make(&made[1], &app, (int[]){ MAIN, G, SEND }, 3, (uint64_t[]){ 100, 0 }),
	};
	struct calltree *t = calltree_new(stacks, 2, true);

	is_text(describe(t),
		"all trips=2 own=0 total=110 max=100\n"
		" send_it trips=2 own=0 total=110 max=100\n"
		"  g trips=1 own=0 total=100 max=100\n"
		"   main trips=1 own=1 total=100 max=100\n"
		"  f trips=1 own=0 total=10 max=10\n"
		"   main trips=1 own=1 total=10 max=10\n",
		"the same from within");
	calltree_free(t);
}

static void test_programs_and_unknown(void)
{
	struct made_stack made[4];
	struct profile_stack *stacks[] = {
		make(&made[0], &app, (int[]){ MAIN }, 1, (uint64_t[]){ 10, 0 }),
		make(&made[1], &other, (int[]){ MAIN }, 1, (uint64_t[]){ 1, 0 }),
		make(&made[2], &app_again, (int[]){ MAIN }, 1, (uint64_t[]){ 20, 0 }),
		make(&made[3], &app, NULL, 0, (uint64_t[]){ 2, 0 }),
	};
	struct calltree *t = calltree_new(stacks, 4, false);

	is_text(describe(t),
		"all trips=4 own=0 total=33 max=20\n"
		" app trips=3 own=0 total=32 max=20\n"
		"  main trips=2 own=2 total=30 max=20\n"
		"  (stack not known) trips=1 own=1 total=2 max=2\n"
		" other trips=1 own=0 total=1 max=1\n"
		"  main trips=1 own=1 total=1 max=1\n",
		"programs of one name are one, a stack that is not known has a node");
	calltree_free(t);
}

/* Recursion as deep as no stack is: neither the C stack nor the time may follow. */
static void test_deep(void)
{
	enum { DEPTH = 100000, TRIPS = 1000 };
	const struct frame **path = calloc(DEPTH, sizeof(*path));
	struct profile_stack stack = { .process = &app, .frames = path, .count = DEPTH };
	struct profile_stack *stacks[] = { &stack };

	for (size_t i = 0; i < DEPTH; i++)
		path[i] = &frames[F];
	stack.tally.latency = latency_new();
	for (uint64_t i = 1; i <= TRIPS; i++)
		latency_add(stack.tally.latency, i);
	stack.tally.round_trips = TRIPS;
	struct calltree *t = calltree_new(stacks, 1, false);
	is_number(t->count, DEPTH + 1, "a node for each frame");
	is_number(t->nodes[1].p95_ns, 950, "the outermost one has the percentile of all");
	calltree_free(t);
	free(path);
}

static void test_nothing(void)
{
	struct calltree *t = calltree_new(NULL, 0, false);

	is_number(t->count, 1, "a root");
	is_number(t->nodes[0].max_ns, UNKNOWN, "which has no maximum");
	calltree_free(t);
}

int main(void)
{
	test_one_program();
	test_inverted();
	test_programs_and_unknown();
	test_deep();
	test_nothing();
	return done_testing();
}
