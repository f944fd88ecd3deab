/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tables of endpoints, connections and threads have in common. */
#ifndef REPORTS_GROUPS_H
#define REPORTS_GROUPS_H

#include <stdbool.h>

#include "analyzer/reports/tally.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/hash.h"
#include "analyzer/util/table.h"

/* The first member of a row: its round trips, and where it stands without any order. */
struct group {
	struct tally tally;
	uint64_t order;
	const void *of;    /* the connection or thread, its key among all rows */
	UT_hash_handle hh;
};

/* The row of a connection or thread; a new one of so many bytes, all zeroes, if there is none. */
struct group *groups_find(struct group **all, const void *of, size_t bytes);
/* Frees all rows; NULL is left. */
void groups_free(struct group **all);

/* Largest first; the caller frees the array. */
struct group **groups_sorted(struct group *all, enum group_key key, size_t *count);

/* A table of groups: its own columns, then the figures. */
struct group_table {
	const char *rows; /* what they are, in the plural */
	const struct table_column *own_columns;
	size_t own_count; /* at most GROUP_OWN_COLUMNS */
	/* adds the cells of its own columns */
	void (*add_cells)(struct table *t, const struct scope *scope, const struct group *g);
};
#define GROUP_OWN_COLUMNS 12

/* Prints the first top groups (0: all) and how many more there are. */
void groups_print(const struct group_table *table, const struct scope *scope,
		  struct group **groups, size_t count, uint64_t top);

#endif
