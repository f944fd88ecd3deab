/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads one thread's records as they lie in the file, through a small window. */
#ifndef TRACE_WALK_H
#define TRACE_WALK_H

#include "analyzer/trace/load.h"

struct walk {
	struct trace *trace;
	struct run *run;
	size_t segment;        /* of run->segments, the one being read */
	uint32_t at;           /* offset in the chunk of the next record */
	uint32_t passed;       /* events of the segment that were read */
	bool drops;            /* what has gone since it was indexed is counted as overwritten */
	uint8_t *window;       /* bytes [from, from + filled) of the chunk; NULL before the first */
	uint32_t window_bytes, from, filled;
};

void walk_start(struct walk *w, struct trace *t, struct run *run, uint32_t window_bytes, bool drops);
void walk_stop(struct walk *w);

/* The next record, valid until the one after it is read; events make sense.  NULL at the end. */
const struct trt_record *walk_next(struct walk *w);

/* Whether a has read all that b has, of the same run. */
static inline bool walk_reached(const struct walk *a, const struct walk *b)
{
	return a->segment > b->segment || (a->segment == b->segment && a->at >= b->at);
}

#endif
