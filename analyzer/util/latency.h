/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Durations and their distribution: exact up to LATENCY_EXACT_MAX samples, then
 * in log-linear buckets (as HdrHistogram's) whose width is below 1 % of their
 * value.  Count, mean, standard deviation, minimum and maximum are always exact.
 */
#ifndef UTIL_LATENCY_H
#define UTIL_LATENCY_H

#include <stdint.h>

#define LATENCY_EXACT_MAX 100000u

struct latency;

struct latency *latency_new(void);
void latency_free(struct latency *l);
void latency_add(struct latency *l, uint64_t ns);
/* Adds all of from to into; from stays as it is and must be another one. */
void latency_merge(struct latency *into, const struct latency *from);

uint64_t latency_count(const struct latency *l);
uint64_t latency_total_ns(const struct latency *l);
/* These are NAN or UINT64_MAX without samples. */
double latency_mean_ns(const struct latency *l);
double latency_stdev_ns(const struct latency *l); /* of the population */
uint64_t latency_min_ns(const struct latency *l);
uint64_t latency_max_ns(const struct latency *l);
/* The nearest-rank percentile: smallest sample with at least q (0..1) of all at or below it. */
uint64_t latency_quantile_ns(struct latency *l, double q);

#endif
