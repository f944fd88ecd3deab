/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which round trips, calls and connections a view shows. */
#ifndef REPORTS_FILTER_H
#define REPORTS_FILTER_H

#include "analyzer/model/model.h"
#include "analyzer/util/options.h"

struct number_list {
	uint64_t *items;
	size_t count;
};

struct filter_cache;

/* Of each list one item has to match; an empty list matches all. */
struct filter {
	struct number_list pids, tids;
	struct text_list peers;     /* globs of a host or address, with or without port, or a path */
	struct text_list protocols; /* globs */
	struct text_list names;     /* globs */
	uint32_t statuses;          /* 1 << enum status; 0: all */
	uint64_t since_ns;          /* since the recording's start: what ended before is left out */
	uint64_t until_ns;          /* what started after is left out; UNKNOWN: not set */
	uint64_t min_duration_ns;   /* 0: not set; unknown durations do not pass one */
	uint64_t origin_ns;         /* the recording's start, set before use */
	uint64_t end_ns;            /* its end */
	struct filter_cache *cache;
};

void filter_init(struct filter *f);
void filter_free(struct filter *f);

/* Whether anything may be left out; and whether by more than its connection (pid and peer). */
bool filter_is_set(const struct filter *f);
bool filter_is_by_trip(const struct filter *f);

bool filter_process(const struct filter *f, const struct process *p);
/* By process and peer: the answers are remembered. */
bool filter_connection(struct filter *f, const struct connection *c);
bool filter_thread(const struct filter *f, const struct thread *t);
bool filter_trip(struct filter *f, const struct round_trip *t);
bool filter_event(struct filter *f, const struct event *e);

#endif
