/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of ids that are mostly dense, small whatever a damaged file holds. */
#ifndef TRACE_IDSET_H
#define TRACE_IDSET_H

#include <stddef.h>
#include <stdint.h>

struct id_page;

/* All zeroes is an empty set. */
struct id_set {
	struct id_page *pages; /* uthash */
	struct id_page *last;  /* the page used last: the next id is likely in it */
	size_t count;
};

void id_set_add(struct id_set *s, uint32_t id);
/* All ids in rising order, count of them; free() it. */
uint32_t *id_set_sorted(struct id_set *s);
void id_set_free(struct id_set *s);

#endif
