/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replays recordings through the model and prints how fast, to measure reader and
 * model without reports.
 *
 *	replay TRACE…
 */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "analyzer/model/model.h"
#include "analyzer/util/latency.h"

static void count_trip(void *user, const struct round_trip *trip)
{
	if (trip->latency_ns != UNKNOWN)
		latency_add(user, trip->latency_ns);
}

static void print_line(const char *line)
{
	fprintf(stderr, "%s\n", line);
}

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct latency *latency = latency_new();
	struct model *m = model_new(count_trip, latency);
	double start = now_seconds(), opened, end;
	struct recording *r =
		recording_open((const char *const *)argv + 1, (size_t)(argc - 1), print_line, NULL);
	struct rusage usage;
	uint64_t events = 0;
	struct event e;

	if (!r)
		return 1;
	opened = now_seconds();
	for (; recording_next(r, &e); events++)
		model_feed(m, &e);
	model_finish(m);
	end = now_seconds();
	getrusage(RUSAGE_SELF, &usage);
	printf("%llu events, %llu round trips, mean %.0f ns, p99 %llu ns\n",
	       (unsigned long long)events, (unsigned long long)latency_count(latency),
	       latency_mean_ns(latency),
	       (unsigned long long)latency_quantile_ns(latency, 0.99));
	printf("open %.3f s, replay %.3f s, %.2f million events/s in all, %ld KiB at most\n",
	       opened - start, end - opened, (double)events / (end - start) / 1e6, usage.ru_maxrss);
	model_free(m);
	recording_close(r);
	latency_free(latency);
	return 0;
}
