/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call tree of made-up stacks: its shape, its sums, its order. */
#include "analyzer/reports/calltree.h"
#include "analyzer/reports/recursion.h"
#include "tests/unit/tap.h"

static const struct frame frames[] = {
	{ .name = "main", .function = "main", .module = "app" },
	{ .name = "f", .function = "f", .module = "app" },
	{ .name = "g", .function = "g", .module = "app" },
	{ .name = "send_it", .function = "send_it", .module = "lib" },
	{ .name = "f", .function = "f", .module = "app", .line = 10, .of_function = &frames[1] },
	{ .name = "f", .function = "f", .module = "app", .line = 20, .of_function = &frames[1] },
};
enum { MAIN, F, G, SEND, F10, F20 };

static const struct calltree_options plain;

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

/* The tree of these stacks, which are not needed any more. */
static struct calltree *build(struct profile_stack **stacks, size_t count,
			      const struct calltree_options *options)
{
	struct calltree *t = calltree_new(stacks, count, options);

	for (size_t i = 0; i < count; i++)
		tally_clear(&stacks[i]->tally);
	return t;
}

/* The tree as text: a line a node, indented by depth. */
static const char *describe(const struct calltree *t)
{
	static char text[4096];
	size_t used = 0, node = 0;

	while (node != NO_NODE) {
		const struct tree_node *n = &t->nodes[node];
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%*s%s", (int)n->depth, "", n->name);
		if (n->frame && n->frame->line)
			used += (size_t)snprintf(text + used, sizeof(text) - used, ":%" PRIu32,
						 n->frame->line);
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s trips=%" PRIu64 " own=%" PRIu64 " total=%" PRIu64
					 " max=%" PRIu64 "\n",
					 n->recursive ? " again" : "", n->all.round_trips, n->own.round_trips,
					 n->all.time_ns, n->max_ns);
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
	struct calltree *t = build(stacks, 3, &plain);

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
	struct calltree *t = build(stacks, 2, &(struct calltree_options){ .invert = true });

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
	struct calltree *t = build(stacks, 4, &plain);

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

/* Letters stand for functions. */
static const char *fold(const char *stack)
{
	static struct frame functions[26];
	static char text[32];
	const struct frame *path[32];
	size_t length = strlen(stack);

	for (size_t i = 0; i < length; i++)
		path[i] = &functions[stack[i] - 'a'];
	length = recursion_fold(path, length, GROUP_FUNCTION);
	for (size_t i = 0; i < length; i++)
		text[i] = (char)('a' + (path[i] - functions));
	text[length] = '\0';
	return text;
}

static void test_loops(void)
{
	is_text(fold(""), "", "no frames");
	is_text(fold("abc"), "abc", "no recursion");
	is_text(fold("aaab"), "ab", "a function that calls itself");
	is_text(fold("abcbcbd"), "abd", "two that call each other");
	is_text(fold("abcacd"), "acd", "a loop in a loop");
	is_text(fold("abca"), "a", "all of it is a loop");
}

static void test_recursion(void)
{
	static const int path[] = { MAIN, F, G, F, F, SEND };
	struct made_stack made[2];
	struct profile_stack *stacks[2];
	struct calltree *t;

	for (int kept = 0; kept < 2; kept++) {
		stacks[0] = make(&made[0], &app, path, 6, (uint64_t[]){ 10, 0 });
		stacks[1] = make(&made[1], &app, (int[]){ MAIN, F, G }, 3, (uint64_t[]){ 5, 0 });
		t = build(stacks, 2, &(struct calltree_options){ .recursion = kept });
		is_text(describe(t),
			kept ? "all trips=2 own=0 total=15 max=10\n"
			       " main trips=2 own=0 total=15 max=10\n"
			       "  f trips=2 own=0 total=15 max=10\n"
			       "   g trips=2 own=1 total=15 max=10\n"
			       "    f trips=1 own=0 total=10 max=10\n"
			       "     f trips=1 own=0 total=10 max=10\n"
			       "      send_it trips=1 own=1 total=10 max=10\n"
			     : "all trips=2 own=0 total=15 max=10\n"
			       " main trips=2 own=0 total=15 max=10\n"
			       "  f again trips=2 own=0 total=15 max=10\n"
			       "   send_it trips=1 own=1 total=10 max=10\n"
			       "   g trips=1 own=1 total=5 max=5\n",
			kept ? "recursion as it was" : "recursion folded");
		calltree_free(t);
	}
	stacks[0] = make(&made[0], &app, path, 6, (uint64_t[]){ 10, 0 });
	t = build(stacks, 1, &(struct calltree_options){ .invert = true });
	is_text(describe(t),
		"all trips=1 own=0 total=10 max=10\n"
		" send_it trips=1 own=0 total=10 max=10\n"
		"  f again trips=1 own=0 total=10 max=10\n"
		"   main trips=1 own=1 total=10 max=10\n",
		"the same, from within");
	calltree_free(t);
}

static void test_lines(void)
{
	struct made_stack made[2];
	struct profile_stack *stacks[2];

	for (int grouping = GROUP_FUNCTION; grouping <= GROUP_LINE; grouping++) {
		stacks[0] = make(&made[0], &app, (int[]){ MAIN, F10 }, 2, (uint64_t[]){ 10, 0 });
		stacks[1] = make(&made[1], &app, (int[]){ MAIN, F20 }, 2, (uint64_t[]){ 5, 0 });
		struct calltree *t =
			build(stacks, 2, &(struct calltree_options){ .grouping = (enum frame_grouping)grouping });
		is_text(describe(t),
			grouping == GROUP_LINE ? "all trips=2 own=0 total=15 max=10\n"
						 " main trips=2 own=0 total=15 max=10\n"
						 "  f:10 trips=1 own=1 total=10 max=10\n"
						 "  f:20 trips=1 own=1 total=5 max=5\n"
					       : "all trips=2 own=0 total=15 max=10\n"
						 " main trips=2 own=0 total=15 max=10\n"
						 "  f trips=2 own=2 total=15 max=10\n",
			grouping == GROUP_LINE ? "a node for each line"
					       : "a function called from two lines has none");
		calltree_free(t);
	}
	stacks[0] = make(&made[0], &app, (int[]){ F10 }, 1, (uint64_t[]){ 10, 0 });
	struct calltree *t = build(stacks, 1, &plain);
	is_text(describe(t),
		"all trips=1 own=0 total=10 max=10\n f:10 trips=1 own=1 total=10 max=10\n",
		"one line of a function is told");
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
	struct calltree *t = build(stacks, 1, &(struct calltree_options){ .recursion = true });
	is_number(t->count, DEPTH + 1, "a node for each frame");
	is_number(t->nodes[1].p95_ns, 950, "the outermost one has the percentile of all");
	calltree_free(t);
	free(path);
}

static void test_nothing(void)
{
	struct calltree *t = build(NULL, 0, &plain);

	is_number(t->count, 1, "a root");
	is_number(t->nodes[0].max_ns, UNKNOWN, "which has no maximum");
	calltree_free(t);
}

int main(void)
{
	test_one_program();
	test_inverted();
	test_programs_and_unknown();
	test_loops();
	test_recursion();
	test_lines();
	test_deep();
	test_nothing();
	return done_testing();
}
