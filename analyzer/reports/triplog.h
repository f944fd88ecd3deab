/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Round trips come in order of completion; this gives them back in order of start.
 * Memory is bounded: what is too much is sorted in runs, written to a temporary
 * file, and merged from there.
 */
#ifndef REPORTS_TRIPLOG_H
#define REPORTS_TRIPLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/model/model.h"

struct triplog;

/* run: how many are kept in memory at most, from 1. */
struct triplog *triplog_new(size_t run);
void triplog_free(struct triplog *l);

void triplog_add(struct triplog *l, const struct round_trip *t);

/*
 * The next by start, equal starts in the order of triplog_add(); after the first
 * call nothing can be added.  False at the end, or if the temporary file failed.
 */
bool triplog_next(struct triplog *l, struct round_trip *t);

/* Where the temporary file is: $TMPDIR or /tmp. */
const char *triplog_folder(void);
/* Why the temporary file failed, in words; NULL if it did not. */
const char *triplog_error(const struct triplog *l);

#endif
