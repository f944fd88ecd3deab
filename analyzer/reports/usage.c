/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processor time and memory, from the samples that were taken beside calls. */
#include "analyzer/reports/usage.h"

#include <stdlib.h>
#include <uthash.h>

#include "analyzer/util/alloc.h"

struct usage_process {
	const struct process *process;
	struct sample last;
	UT_hash_handle hh;
};

void usage_init(struct usage *u, uint64_t from_ns, uint64_t to_ns, size_t slices)
{
	*u = (struct usage){
		.from_ns = from_ns,
		.to_ns = to_ns,
		.slice_count = slices,
		.slices = slices ? xcalloc(slices, sizeof(*u->slices)) : NULL,
		.resident_bytes_max = UNKNOWN,
	};
	for (size_t i = 0; i < slices; i++)
		u->slices[i].resident_bytes = UNKNOWN;
}

void usage_free(struct usage *u)
{
	struct usage_process *p, *next;

	HASH_ITER(hh, u->processes, p, next)
	{
		HASH_DEL(u->processes, p);
		free(p);
	}
	free(u->slices);
}

static void raise_to(uint64_t *most, uint64_t bytes)
{
	if (bytes != UNKNOWN && (*most == UNKNOWN || bytes > *most))
		*most = bytes;
}

/* Shares an interval out among the slices it lies in. */
static void add_to_slices(struct usage *u, const struct sample *a, const struct sample *b)
{
	double slice_ns = (double)(u->to_ns - u->from_ns) / (double)u->slice_count;
	double share = (double)(b->cpu_ns - a->cpu_ns) / (double)(b->when_ns - a->when_ns);
	double start = (double)a->when_ns - (double)u->from_ns;
	double end = (double)b->when_ns - (double)u->from_ns;

	for (size_t i = start > 0 ? (size_t)(start / slice_ns) : 0; i < u->slice_count; i++) {
		double low = slice_ns * (double)i, high = low + slice_ns;
		double overlap = (end < high ? end : high) - (start > low ? start : low);

		if (low >= end)
			break;
		if (overlap <= 0)
			continue;
		u->slices[i].cpu_ns += share * overlap;
		u->slices[i].covered_ns += overlap;
		raise_to(&u->slices[i].resident_bytes, b->resident_bytes);
	}
}

static void add_interval(struct usage *u, const struct sample *a, const struct sample *b)
{
	double cpu_ns = (double)(b->cpu_ns - a->cpu_ns);
	double covered_ns = (double)(b->when_ns - a->when_ns);

	u->cpu_ns += cpu_ns;
	u->covered_ns += covered_ns;
	if (cpu_ns / covered_ns > u->cpu_share_max)
		u->cpu_share_max = cpu_ns / covered_ns;
	if (b->resident_bytes != UNKNOWN)
		u->resident_sum += (double)b->resident_bytes * covered_ns;
	if (u->slice_count)
		add_to_slices(u, a, b);
}

void usage_add(struct usage *u, const struct sample *s)
{
	struct usage_process *p;

	raise_to(&u->resident_bytes_max, s->resident_bytes);
	HASH_FIND_PTR(u->processes, &s->process, p);
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->process = s->process;
		HASH_ADD_PTR(u->processes, process, p);
	} else if (s->when_ns <= p->last.when_ns || s->cpu_ns < p->last.cpu_ns) {
		return; /* two threads sampled at once */
	} else {
		add_interval(u, &p->last, s);
	}
	p->last = *s;
}

uint64_t usage_cpu_ns(const struct usage *u)
{
	uint64_t sum = 0;

	for (const struct usage_process *p = u->processes; p; p = p->hh.next)
		sum += p->last.cpu_ns;
	return u->processes ? sum : UNKNOWN;
}
