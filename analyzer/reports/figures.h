/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What round trips add up to: the plain sums, without distributions. */
#ifndef REPORTS_FIGURES_H
#define REPORTS_FIGURES_H

#include "analyzer/util/units.h"

struct figures {
	uint64_t round_trips, failed;
	uint64_t time_ns; /* waited; round trips without an answer have none */
	uint64_t bytes_sent, bytes_received;
};

/* Adds from to into. */
void figures_add(struct figures *into, const struct figures *from);

/* Which of them counts: what a profile is by.  Names in the same order, for options. */
enum weight { WEIGHT_TIME, WEIGHT_TRIPS, WEIGHT_BYTES, WEIGHT_ERRORS };
extern const char *const weight_names[];

/* Nanoseconds, round trips, bytes of both directions, or failed round trips. */
uint64_t figures_weigh(const struct figures *f, enum weight weight);

/* The same as a person reads it: at most UNIT_TEXT_BYTES; returns buffer. */
const char *figures_format(const struct figures *f, enum weight weight, char *buffer);

/*
 * The part of whole, from 0 to 1, by weight; by number where it should be by time and nothing
 * was answered.
 */
double figures_share(const struct figures *part, const struct figures *whole, enum weight weight);

#endif
