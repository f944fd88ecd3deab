/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line on stderr that tells how far reading has come. */
#include "analyzer/cmd/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/trace/trace.h"
#include "analyzer/util/units.h"

#define EVENTS_PER_LOOK 16384u
#define PATIENCE_NS 1000000000u
#define REFRESH_NS 200000000u

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct progress progress_new(bool wanted)
{
	return (struct progress){
		.wanted = wanted && isatty(STDERR_FILENO),
		.countdown = EVENTS_PER_LOOK,
		.next_ns = now_ns() + PATIENCE_NS,
	};
}

static void show(struct progress *p, const struct recording *r)
{
	char number[UNIT_TEXT_BYTES], total[UNIT_TEXT_BYTES], percent[UNIT_TEXT_BYTES];
	uint64_t done, all;

	recording_progress(r, &done, &all);
	fprintf(stderr, "\rreading: %s of %s calls, %s ", count_format(done, number),
		count_format(all, total), percent_format((double)done, (double)all, percent));
	fflush(stderr);
	p->shown = true;
}

void progress_tick(struct progress *p, const struct recording *r)
{
	if (!p->wanted || --p->countdown)
		return;
	p->countdown = EVENTS_PER_LOOK;
	uint64_t now = now_ns();
	if (now < p->next_ns)
		return;
	p->next_ns = now + REFRESH_NS;
	show(p, r);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}
