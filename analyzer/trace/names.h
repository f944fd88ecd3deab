/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names: which lookup a connection's address came from. */
#ifndef TRACE_NAMES_H
#define TRACE_NAMES_H

#include "analyzer/trace/load.h"

/* Decodes a LOOKUP record; false if it makes no sense.  What *l points to is the trace's. */
bool names_decode(struct trace *t, const struct trt_record *r, struct lookup *l);

/*
 * Sorts the lookups by their end and gives each connection that this process made the
 * latest one that ended before it connected and answered with its remote address.
 * Forked connections have their parent's: processes come in order of start.
 */
void names_link(struct trace *t);

#endif
