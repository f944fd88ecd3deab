/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a recording lacks: told before any of its numbers. */
#ifndef REPORTS_LOSSES_H
#define REPORTS_LOSSES_H

#include "analyzer/trace/trace.h"
#include "analyzer/util/out.h"

struct losses {
	uint64_t events;      /* could not be written */
	uint64_t overwritten; /* recycled by the bounded ring */
	uint64_t records;     /* connections, modules or stacks that could not be written */
	uint64_t stacks;      /* events without the stack they should have */
	uint64_t chunks;      /* of the files that cannot be read */
};

struct losses losses_of(const struct recording *r);
/* Prints a line for each kind of loss, none if nothing is lacking. */
void losses_print(const struct losses *l, const struct out *o);

#endif
