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

/* Keys of --sort, NULL-terminated: total trips failed pending sent received mean ... max. */
extern const char *const group_sort_keys[];
bool group_sort_known(const char *key);

/* Largest first; key NULL: by total waiting time. */
void groups_sort(struct group **groups, size_t count, const char *key);

/* The columns of a group's figures, to follow a table's own columns. */
#define GROUP_COLUMNS 14
extern const struct table_column group_columns[GROUP_COLUMNS];

/* Fills the cells of group_columns; all_ns: total waiting time of all groups. */
void group_cells(struct table *t, struct group *g, uint64_t all_ns);

/* Says how many of count rows a table limited to top leaves out. */
void groups_print_more(const struct out *o, size_t count, uint64_t top, const char *what);

#endif
