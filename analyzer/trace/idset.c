/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of ids: pages of bits in a hash table. */
#include "analyzer/trace/idset.h"

#include "analyzer/util/hash.h"

#define PAGE_IDS 256u

struct id_page {
	uint32_t number; /* of the page: id / PAGE_IDS */
	uint64_t bits[PAGE_IDS / 64];
	UT_hash_handle hh;
};

static struct id_page *page_of(struct id_set *s, uint32_t number)
{
	struct id_page *page = s->last;

	if (page && page->number == number)
		return page;
	HASH_FIND(hh, s->pages, &number, sizeof(number), page);
	if (!page) {
		page = xcalloc(1, sizeof(*page));
		page->number = number;
		HASH_ADD(hh, s->pages, number, sizeof(page->number), page);
	}
	s->last = page;
	return page;
}

void id_set_add(struct id_set *s, uint32_t id)
{
	struct id_page *page = page_of(s, id / PAGE_IDS);
	uint64_t *word = &page->bits[id % PAGE_IDS / 64];
	uint64_t bit = 1ull << id % 64;

	s->count += !(*word & bit);
	*word |= bit;
}

static int compare_pages(const struct id_page *a, const struct id_page *b)
{
	return (a->number > b->number) - (a->number < b->number);
}

uint32_t *id_set_sorted(struct id_set *s)
{
	uint32_t *ids = xcalloc(s->count, sizeof(*ids));
	size_t count = 0;

	HASH_SORT(s->pages, compare_pages);
	for (struct id_page *page = s->pages; page; page = page->hh.next)
		for (uint32_t i = 0; i < PAGE_IDS; i++)
			if (page->bits[i / 64] >> i % 64 & 1)
				ids[count++] = page->number * PAGE_IDS + i;
	return ids;
}

void id_set_free(struct id_set *s)
{
	struct id_page *page, *next;

	HASH_ITER (hh, s->pages, page, next) {
		HASH_DEL(s->pages, page);
		free(page);
	}
	*s = (struct id_set){ 0 };
}
