/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tables of endpoints, connections and threads have in common. */
#ifndef REPORTS_GROUPS_H
#define REPORTS_GROUPS_H

#include <stdbool.h>

#include "analyzer/reports/tally.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/table.h"

/* The first member of a row: its round trips, and where it stands without any order. */
struct group {
	struct tally tally;
	uint64_t order;
};

/* Largest first. */
void groups_sort(struct group **groups, size_t count, enum group_key key);

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
