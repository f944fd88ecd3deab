/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processor time and memory, from the samples that were taken beside calls. */
#ifndef REPORTS_USAGE_H
#define REPORTS_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/trace/trace.h"

/* In a slice of time: what all its intervals between samples say, in the mean. */
struct usage_slice {
	double cpu_ns, covered_ns;  /* processor time, and the time that samples tell of */
	uint64_t resident_bytes;    /* the most; UNKNOWN without a sample */
};

struct usage_process;

struct usage {
	struct usage_process *processes; /* uthash: the last sample of each */
	uint64_t from_ns, to_ns;
	struct usage_slice *slices;
	size_t slice_count;
	/* Totals of all intervals between two samples of a process. */
	double cpu_ns, covered_ns;
	double cpu_share_max;            /* 1: all of one processor */
	double resident_sum;             /* weighted by time */
	uint64_t resident_bytes_max;     /* of one process; UNKNOWN without samples */
};

/* Also in so many slices of [from_ns, to_ns); 0: in none. */
void usage_init(struct usage *u, uint64_t from_ns, uint64_t to_ns, size_t slices);
void usage_free(struct usage *u);
void usage_add(struct usage *u, const struct sample *s);

/* Processor time of all processes up to their last samples; UNKNOWN without samples. */
uint64_t usage_cpu_ns(const struct usage *u);

#endif
