/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distributions against sorted arrays. */
#include <math.h>

#include "analyzer/util/latency.h"
#include "tests/unit/tap.h"

static const double quantiles[] = { 0, 0.001, 0.07, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1 };
#define QUANTILES (sizeof(quantiles) / sizeof(*quantiles))

/* xorshift64* (Vigna): the same numbers in every run. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

/* From some ns to some hours, as many of each magnitude. */
static uint64_t random_duration(uint64_t *state)
{
	unsigned int bits = 1 + next_random(state) % 44;

	return next_random(state) >> (64 - bits);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* By definition: the smallest sample with at least q of all at or below it. */
static uint64_t true_quantile(const uint64_t *sorted, size_t count, double q)
{
	for (size_t i = 0; i < count; i++)
		if ((double)(i + 1) >= q * (double)count - 1e-9)
			return sorted[i];
	return sorted[count - 1];
}

static void check_moments(const struct latency *l, const uint64_t *sorted, size_t count,
			  const char *what)
{
	long double mean, squares = 0;
	uint64_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += sorted[i];
	mean = (long double)total / count;
	for (size_t i = 0; i < count; i++)
		squares += (sorted[i] - mean) * (sorted[i] - mean);
	is_number(latency_count(l), count, what);
	is_number(latency_min_ns(l), sorted[0], "  minimum");
	is_number(latency_max_ns(l), sorted[count - 1], "  maximum");
	is_number(latency_total_ns(l), total, "  total");
	ok(fabs(latency_mean_ns(l) - (double)mean) <= 1e-9 * latency_mean_ns(l), "  mean");
	ok(fabs(latency_stdev_ns(l) - (double)sqrtl(squares / count)) <= 1e-9 * latency_stdev_ns(l),
	   "  standard deviation");
}

/* The largest relative error of all quantiles. */
static double worst_error(struct latency *l, const uint64_t *sorted, size_t count)
{
	double worst = 0;

	for (size_t i = 0; i < QUANTILES; i++) {
		double wanted = (double)true_quantile(sorted, count, quantiles[i]);
		double got = (double)latency_quantile_ns(l, quantiles[i]);

		if (wanted > 0 && fabs(got - wanted) / wanted > worst)
			worst = fabs(got - wanted) / wanted;
	}
	return worst;
}

static void test_random(size_t count, uint64_t seed)
{
	uint64_t *samples = calloc(count, sizeof(*samples));
	struct latency *l = latency_new();
	double error;
	char what[60];

	for (size_t i = 0; i < count; i++) {
		samples[i] = random_duration(&seed);
		latency_add(l, samples[i]);
	}
	qsort(samples, count, sizeof(*samples), compare);
	snprintf(what, sizeof(what), "%zu samples", count);
	check_moments(l, samples, count, what);
	error = worst_error(l, samples, count);
	if (count <= LATENCY_EXACT_MAX)
		ok(error == 0, "  exact quantiles");
	else
		ok(error < 0.01, "  quantiles within 1 %%: %.3f %%", 100 * error);
	latency_free(l);
	free(samples);
}

static void test_empty(void)
{
	struct latency *l = latency_new();

	is_number(latency_count(l), 0, "no samples: count");
	ok(isnan(latency_mean_ns(l)) && isnan(latency_stdev_ns(l)), "no samples: no mean");
	ok(latency_min_ns(l) == UINT64_MAX && latency_max_ns(l) == UINT64_MAX &&
	   latency_quantile_ns(l, 0.5) == UINT64_MAX, "no samples: no minimum, maximum, median");
	latency_free(l);
	latency_free(NULL);
}

/* 1 to 100: percentile p is p, whatever rounding does to p / 100 * 100. */
static void test_nearest_rank(void)
{
	struct latency *l = latency_new();
	unsigned int wrong = 0;

	for (uint64_t i = 100; i > 0; i--)
		latency_add(l, i);
	for (unsigned int p = 1; p <= 100; p++)
		wrong += latency_quantile_ns(l, p / 100.0) != p;
	is_number(wrong, 0, "nearest rank: the percentiles of 1 to 100");
	latency_add(l, 1000);
	is_number(latency_quantile_ns(l, 0.5), 51, "samples after a quantile count");
	latency_free(l);
}

/* Every bucket's value lies within 1 % of whatever falls into it, at both of its ends. */
static void test_buckets(void)
{
	struct latency *l = latency_new();
	double worst = 0;

	for (unsigned int i = 0; i <= LATENCY_EXACT_MAX; i++)
		latency_add(l, i % 2 ? 0 : UINT64_MAX);
	for (unsigned int bits = 8; bits < 64; bits++)
		for (int step = -1; step <= 1; step++) {
			uint64_t value = (1ull << bits) + (uint64_t)(int64_t)step;
			struct latency *one = latency_new();
			double error;

			latency_merge(one, l);
			for (unsigned int i = 0; i < 3 * LATENCY_EXACT_MAX; i += LATENCY_EXACT_MAX)
				latency_add(one, value);
			/* 50,001 zeroes or so, then ours, then the largest */
			error = fabs((double)latency_quantile_ns(one, 50001.5 / 100004) -
				     (double)value) / (double)value;
			if (error > worst)
				worst = error;
			latency_free(one);
		}
	ok(worst < 0.005, "buckets from 2^8 to 2^64: worst error %.3f %%", 100 * worst);
	is_number(latency_max_ns(l), UINT64_MAX, "the largest number there is");
	is_number(latency_total_ns(l), UINT64_MAX, "a total beyond 64 bits is the largest number");
	latency_free(l);
}

/* a samples in one, b in another, merged, against all of them in an array. */
static void test_merge(size_t a, size_t b)
{
	uint64_t *samples = calloc(a + b, sizeof(*samples)), seed = 42;
	struct latency *into = latency_new(), *from = latency_new();
	char what[80];

	for (size_t i = 0; i < a + b; i++) {
		samples[i] = random_duration(&seed);
		latency_add(i < a ? into : from, samples[i]);
	}
	qsort(samples, a + b, sizeof(*samples), compare);
	latency_merge(into, from);
	snprintf(what, sizeof(what), "merge %zu and %zu", a, b);
	check_moments(into, samples, a + b, what);
	ok(worst_error(into, samples, a + b) <= (a + b <= LATENCY_EXACT_MAX ? 0 : 0.01),
	   "  quantiles");
	is_number(latency_count(from), b, "  the other one stays as it is");
	latency_free(into);
	latency_free(from);
	free(samples);
}

static void test_precision(void)
{
	struct latency *l = latency_new();

	/* In doubles, sum(x^2) / n - mean^2 of these is -32768 or so. */
	for (unsigned int i = 0; i < 1000; i++)
		latency_add(l, 1000000000000 + i % 2);
	ok(fabs(latency_stdev_ns(l) - 0.5) < 1e-9, "a small deviation of large numbers: %.12f",
	   latency_stdev_ns(l));
	latency_free(l);
	/* Two weeks a hundred thousand times over: the sum's square has more than 128 bits. */
	l = latency_new();
	for (unsigned int i = 0; i < 100000; i++)
		latency_add(l, i % 2 ? 1ull << 50 : 0);
	ok(fabs(latency_stdev_ns(l) / (double)(1ull << 49) - 1) < 1e-9, "deviation of long waits");
	latency_free(l);
}

int main(void)
{
	test_empty();
	test_nearest_rank();
	test_random(1, 1);
	test_random(2, 2);
	test_random(1000, 3);
	test_random(LATENCY_EXACT_MAX, 4);
	test_random(LATENCY_EXACT_MAX + 1, 5);
	test_random(1000000, 6);
	test_buckets();
	test_merge(10, 20);
	test_merge(60000, 60000);
	test_merge(200000, 10);
	test_merge(10, 200000);
	test_merge(200000, 300000);
	test_precision();
	return done_testing();
}
