/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions, source lines or modules, with the round trips they have to do with. */
#ifndef REPORTS_SPOTS_H
#define REPORTS_SPOTS_H

#include "analyzer/reports/figures.h"
#include "analyzer/reports/profile.h"

struct spot {
	/* with its line where all went through one, else what stands for all */
	const struct frame *frame;
	struct figures self; /* it called into the network itself */
	struct figures all;  /* it was anywhere on the stack: each round trip counts once */
	const struct profile_stack **stacks; /* those that it is on */
	size_t stack_count, room;
	size_t number; /* in order of first sight */
};

struct spots;

/*
 * All spots of the stacks, which outlive them.  Round trips whose stack is not known have a spot
 * of their own, as if a function of no module had made them.
 */
struct spots *spots_new(struct profile_stack *const *stacks, size_t count,
			enum frame_grouping grouping);
void spots_free(struct spots *s);

/* All of them, in order of first sight; the array is the spots'. */
struct spot *const *spots_list(const struct spots *s, size_t *count);
/* What all the stacks add up to. */
const struct figures *spots_total(const struct spots *s);

/* The latencies of all round trips of a spot: the spots', valid until the next call. */
struct latency *spots_latency(struct spots *s, const struct spot *spot);

#endif
