/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts the events of many threads into one order. */
#ifndef TRACE_MERGE_H
#define TRACE_MERGE_H

#include "analyzer/trace/load.h"

struct merge;

/* Starts with the first event of all traces that are not skipped. */
struct merge *merge_new(struct trace *const *traces, size_t count,
			const struct recording_listener *listener);
/*
 * Sets *e to the next event, whose payload is valid until the next call.  Returns
 * false at the end.
 */
bool merge_next(struct merge *m, struct event *e);
void merge_free(struct merge *m);

#endif
