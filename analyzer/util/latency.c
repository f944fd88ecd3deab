/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distribution of durations: exact samples first, log-linear buckets when there are many. */
#include "analyzer/util/latency.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/util/alloc.h"

/*
 * Buckets: values below 2^SUB_BITS have one each; above, every octave [2^n, 2^(n+1))
 * is cut into 2^SUB_BITS equal parts, so a bucket is at most 1/128 of its values wide
 * (Tene, HdrHistogram).
 *
 *	value      0 1 2 … 127 | 128 129 … 255 | 256 258 … 510 | 512 516 … | …
 *	octave          0      |       1       |       2       |     3     |
 */
#define SUB_BITS 7
#define SUB_COUNT (1u << SUB_BITS)
#define BUCKET_COUNT ((64 - SUB_BITS + 1) * SUB_COUNT)

struct latency {
	uint64_t count;
	uint64_t min, max;
	unsigned __int128 sum, sum_of_squares; /* of 2^28 samples of 13 days each, at least */
	uint64_t *samples; /* while there are at most LATENCY_EXACT_MAX; then NULL */
	size_t capacity;
	bool sorted;
	uint64_t *buckets; /* how many samples each holds; NULL before */
};

struct latency *latency_new(void)
{
	struct latency *l = xcalloc(1, sizeof(*l));

	l->min = UINT64_MAX;
	return l;
}

void latency_free(struct latency *l)
{
	if (!l)
		return;
	free(l->samples);
	free(l->buckets);
	free(l);
}

static size_t bucket_of(uint64_t value)
{
	unsigned int octave, shift;

	if (value < SUB_COUNT)
		return (size_t)value;
	octave = 64 - SUB_BITS - (unsigned int)__builtin_clzll(value);
	shift = octave - 1;
	return octave * SUB_COUNT + (size_t)((value >> shift) - SUB_COUNT);
}

/* The middle of a bucket: at most half its width from every value in it. */
static uint64_t bucket_value(size_t bucket)
{
	size_t octave = bucket / SUB_COUNT;
	uint64_t low, width;

	if (octave == 0)
		return bucket;
	width = 1ull << (octave - 1);
	low = (SUB_COUNT + bucket % SUB_COUNT) * width;
	return low + width / 2;
}

static void use_buckets(struct latency *l)
{
	if (l->buckets)
		return;
	l->buckets = xcalloc(BUCKET_COUNT, sizeof(*l->buckets));
	for (uint64_t i = 0; i < l->count; i++)
		l->buckets[bucket_of(l->samples[i])]++;
	free(l->samples);
	l->samples = NULL;
	l->capacity = 0;
}

static void add_sample(struct latency *l, uint64_t ns)
{
	l->samples = xgrow(l->samples, (size_t)l->count, &l->capacity, sizeof(*l->samples));
	l->samples[l->count] = ns;
	l->sorted = false;
}

void latency_add(struct latency *l, uint64_t ns)
{
	if (!l->buckets && l->count == LATENCY_EXACT_MAX)
		use_buckets(l);
	if (l->buckets)
		l->buckets[bucket_of(ns)]++;
	else
		add_sample(l, ns);
	l->count++;
	l->sum += ns;
	l->sum_of_squares += (unsigned __int128)ns * ns;
	if (ns < l->min)
		l->min = ns;
	if (ns > l->max)
		l->max = ns;
}

static void append_samples(struct latency *into, const struct latency *from)
{
	size_t count = (size_t)(into->count + from->count);

	if (count > into->capacity) {
		size_t doubled = 2 * into->capacity;

		into->capacity = count > doubled ? count : doubled;
		into->samples = xreallocarray(into->samples, into->capacity,
					      sizeof(*into->samples));
	}
	memcpy(into->samples + into->count, from->samples, from->count * sizeof(*from->samples));
	into->sorted = false;
}

static void add_buckets(struct latency *into, const struct latency *from)
{
	use_buckets(into);
	for (uint64_t i = 0; from->samples && i < from->count; i++)
		into->buckets[bucket_of(from->samples[i])]++;
	for (size_t i = 0; from->buckets && i < BUCKET_COUNT; i++)
		into->buckets[i] += from->buckets[i];
}

void latency_merge(struct latency *into, const struct latency *from)
{
	if (!from->count)
		return;
	if (into->buckets || from->buckets || into->count + from->count > LATENCY_EXACT_MAX)
		add_buckets(into, from);
	else
		append_samples(into, from);
	into->count += from->count;
	into->sum += from->sum;
	into->sum_of_squares += from->sum_of_squares;
	if (from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
}

uint64_t latency_count(const struct latency *l)
{
	return l->count;
}

uint64_t latency_total_ns(const struct latency *l)
{
	return l->sum > UINT64_MAX ? UINT64_MAX : (uint64_t)l->sum;
}

double latency_mean_ns(const struct latency *l)
{
	return l->count ? (double)((long double)l->sum / l->count) : NAN;
}

/*
 * sqrt(sum(x^2) / n - mean^2), with the subtraction done on whole numbers: nothing
 * cancels.  sum^2 needs 128 bits, so that sums above 2^64 (585 years) lose precision.
 */
double latency_stdev_ns(const struct latency *l)
{
	long double deviation;

	if (!l->count)
		return NAN;
	if (l->sum <= UINT64_MAX) {
		unsigned __int128 square_of_sum = l->sum * l->sum;

		deviation = (long double)(l->sum_of_squares - square_of_sum / l->count) -
			    (long double)(square_of_sum % l->count) / l->count;
	} else {
		deviation = (long double)l->sum_of_squares -
			    (long double)l->sum * l->sum / l->count;
	}
	return deviation > 0 ? (double)sqrtl(deviation / l->count) : 0;
}

uint64_t latency_min_ns(const struct latency *l)
{
	return l->min;
}

uint64_t latency_max_ns(const struct latency *l)
{
	return l->count ? l->max : UINT64_MAX;
}

static int compare_samples(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Value of the sample of that rank, from 1, in the buckets. */
static uint64_t bucket_rank(const struct latency *l, uint64_t rank)
{
	uint64_t passed = 0, value = l->max;

	for (size_t i = 0; i < BUCKET_COUNT; i++) {
		passed += l->buckets[i];
		if (passed >= rank) {
			value = bucket_value(i);
			break;
		}
	}
	return value < l->min ? l->min : value > l->max ? l->max : value;
}

uint64_t latency_quantile_ns(struct latency *l, double q)
{
	double position = q * (double)l->count;
	uint64_t rank;

	if (!l->count)
		return UINT64_MAX;
	/* 0.07 * 100 is a little above 7 in binary: that must not be rank 8. */
	position = ceil(position - 1e-9);
	rank = position < 1 ? 1 : position >= (double)l->count ? l->count : (uint64_t)position;
	if (rank == 1)
		return l->min;
	if (rank == l->count)
		return l->max;
	if (l->buckets)
		return bucket_rank(l, rank);
	if (!l->sorted) {
		qsort(l->samples, (size_t)l->count, sizeof(*l->samples), compare_samples);
		l->sorted = true;
	}
	return l->samples[rank - 1];
}
