/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges of addresses and what holds them: symbols, functions, compilation units. */
#ifndef SYMBOLS_RANGES_H
#define SYMBOLS_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
	uint64_t start, end; /* end is the first address beyond */
	uint64_t reach;      /* the largest end of this and all ranges before it */
	size_t holder;       /* the user's number */
};

/* All zeroes is an empty list. */
struct ranges {
	struct range *items;
	size_t count, room;
};

/* Empty ranges, and those that end before they start, are left out. */
void ranges_add(struct ranges *r, uint64_t start, uint64_t end, size_t holder);
/* After the last ranges_add(). */
void ranges_sort(struct ranges *r);
/*
 * Sets *holder to that of the range which holds the address; of several it is the one that
 * starts last, and of those the one with the largest number.  Returns false if none does.
 */
bool ranges_find(const struct ranges *r, uint64_t address, size_t *holder);
void ranges_free(struct ranges *r);

#endif
