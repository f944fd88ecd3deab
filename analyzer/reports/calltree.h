/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A calling-context tree: one node for each distinct path of frames from a root,
 * with the round trips that were made at or below it.
 */
#ifndef REPORTS_CALLTREE_H
#define REPORTS_CALLTREE_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/reports/profile.h"

#define NO_NODE SIZE_MAX

struct tree_node {
	const char *name;     /* of a frame, or of a program at the top of several */
	/*
	 * What it is of: with its line where all went through one, else what stands
	 * for all; NULL for the root, programs and stacks that are not known
	 */
	const struct frame *frame;
	bool recursive;       /* a function or line that some stacks had again further in */
	size_t parent, first_child, next_sibling;
	size_t depth;         /* 0: the root */
	struct figures own;   /* made by this very function */
	/* At and below this node; of latencies, all UNKNOWN without one. */
	struct figures all;
	uint64_t pending;
	uint64_t mean_ns, p95_ns, max_ns;
};

struct calltree {
	struct tree_node *nodes; /* nodes[0] is the root, which has all; parents before children */
	size_t count;
};

struct calltree_options {
	enum frame_grouping grouping;
	bool invert;    /* from the innermost frame outwards */
	bool recursion; /* keep it: a function that calls itself is a node for each call */
};

/*
 * Builds the tree of all stacks.  Siblings are in order of total waiting time.  If
 * the stacks are of several programs, each is a node below the root; stacks that are not
 * known are one node of their own.  Recursion is taken out as recursion_fold() does,
 * so that what is at or below a function is at or below one node of each path.
 */
struct calltree *calltree_new(struct profile_stack *const *stacks, size_t count,
			      const struct calltree_options *options);
void calltree_free(struct calltree *t);

#endif
