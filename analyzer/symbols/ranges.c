/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges of addresses and what holds them. */
#include "analyzer/symbols/ranges.h"

#include <stdlib.h>

#include "analyzer/util/alloc.h"

void ranges_add(struct ranges *r, uint64_t start, uint64_t end, size_t holder)
{
	if (start >= end)
		return;
	r->items = xgrow(r->items, r->count, &r->room, sizeof(*r->items));
	r->items[r->count++] = (struct range){ .start = start, .end = end, .holder = holder };
}

static int compare(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->holder != b->holder)
		return a->holder < b->holder ? -1 : 1;
	return 0;
}

void ranges_sort(struct ranges *r)
{
	uint64_t reach = 0;

	if (r->count)
		qsort(r->items, r->count, sizeof(*r->items), compare);
	for (size_t i = 0; i < r->count; i++) {
		if (r->items[i].end > reach)
			reach = r->items[i].end;
		r->items[i].reach = reach;
	}
}

bool ranges_find(const struct ranges *r, uint64_t address, size_t *holder)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (r->items[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* Mostly the first; ranges within ranges need the steps back. */
	while (low-- > 0 && r->items[low].reach > address) {
		if (r->items[low].end > address) {
			*holder = r->items[low].holder;
			return true;
		}
	}
	return false;
}

void ranges_free(struct ranges *r)
{
	free(r->items);
	*r = (struct ranges){ 0 };
}
