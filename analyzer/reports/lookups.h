/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Name lookups: how long they took, and which failed. */
#ifndef REPORTS_LOOKUPS_H
#define REPORTS_LOOKUPS_H

#include <jansson.h>

#include "analyzer/trace/trace.h"
#include "analyzer/util/latency.h"
#include "analyzer/util/out.h"

struct failed_lookup;

struct lookups {
	struct latency *latency;      /* of all, in whatever way they ended */
	uint64_t failed;
	struct failed_lookup *failures; /* uthash: by name and error */
};

void lookups_init(struct lookups *l);
void lookups_free(struct lookups *l);
void lookups_add(struct lookups *l, const struct lookup *lookup);

/* "name: why (how often)" of the most frequent ones, lines with this indent. */
void lookups_print_failures(struct lookups *l, const struct out *o, int indent);
/* An array of name, error and count. */
json_t *lookups_failures_json(struct lookups *l);

#endif
