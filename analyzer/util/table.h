/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that fit their reader's width. */
#ifndef UTIL_TABLE_H
#define UTIL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/util/out.h"
#include "analyzer/util/text.h"

enum table_align { TABLE_LEFT, TABLE_RIGHT };

struct table_column {
	const char *title;
	enum table_align align;
	/* 0: always shown; where the width does not do, the highest ranks are left out first */
	unsigned rank;
	/* 0: shown in full; else its texts may be cut to this many columns */
	unsigned shrink_to;
	enum text_cut cut;
	/* its cells are bars, this many columns wide */
	unsigned bar;
	/* not shown at all, and not missed */
	bool hidden;
};

struct table;

/* columns must outlive the table. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *t);

/* The next cell, row by row.  The text is copied and must be clean (see text.h). */
void table_add(struct table *t, enum style style, const char *text);
/*
 * The same in the last column, for a text that goes on in further lines where it
 * is too long: broken behind a separator, each line beginning with next.
 */
void table_add_wrapped(struct table *t, enum style style, const char *text, const char *separator,
		       const char *next);
/* A cell of a bar column: share from 0 to 1. */
void table_add_bar(struct table *t, double share);

/*
 * Prints the head and all rows; what was left out for want of room is named in
 * a line below if say_left_out.
 */
void table_print(const struct table *t, const struct out *o, bool say_left_out);

#endif
