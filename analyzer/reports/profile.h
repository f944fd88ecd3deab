/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Round trips by the stack that made them: what the tree, hotspots and callers are made of. */
#ifndef REPORTS_PROFILE_H
#define REPORTS_PROFILE_H

#include "analyzer/reports/figures.h"
#include "analyzer/reports/tally.h"
#include "analyzer/symbols/symbols.h"

struct profile_stack {
	const struct process *process;
	const struct frame *const *frames; /* outermost first, without outer ones */
	size_t count;                      /* 0: the stack is not known */
	struct tally tally;
	uint64_t answered, total_ns;       /* round trips with a latency, and its sum */
	uint64_t max_ns;                   /* UNKNOWN without any */
};

struct profile;

struct profile *profile_new(struct symbols *symbols);
void profile_free(struct profile *p);
void profile_add(struct profile *p, const struct round_trip *t);
/* Nothing will be added any more: fills in frames, count, answered, total_ns and max_ns. */
void profile_finish(struct profile *p);

/* What a stack's round trips add up to. */
struct figures profile_figures(const struct profile_stack *s);

/* All stacks, in order of their first round trip to complete. */
struct profile_stack **profile_stacks(const struct profile *p, size_t *count);

#endif
