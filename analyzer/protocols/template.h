/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names for groups: what differs from one request to the next, and may be private,
 * becomes a placeholder.
 *
 *	/orders/8731/lines/2f1c…   /orders/{id}/lines/{id}
 *	user:42:cart               user:{id}:cart
 *	SELECT a FROM t            SELECT a FROM t
 *	 WHERE b = 'x' -- why       WHERE b = {s}
 */
#ifndef PROTOCOLS_TEMPLATE_H
#define PROTOCOLS_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/* A name that is made; what does not fit is cut, and then ends in "…". */
struct name {
	size_t length;
	bool cut;
	char text[240];
};

static inline void name_begin(struct name *n)
{
	n->length = 0;
	n->cut = false;
}

/* Text as it is. */
void name_add(struct name *n, const char *text, size_t length);
/* The same of literals. */
void name_add_word(struct name *n, const char *word);
/* What came before was not all there was. */
void name_cut(struct name *n);

/* Adds a path, without its query, or a key: raw, or with placeholders for ids and numbers. */
void template_path(struct name *n, const char *path, size_t length, bool raw);
/* What stands between double quotes: a name (the standard), or a literal (MySQL). */
enum sql_quotes { SQL_QUOTES_NAME, SQL_QUOTES_LITERAL };

/*
 * Adds an SQL statement: without comments, in one line, literals and lists of them as
 * placeholders.  Raw: as it was sent, in one line.
 */
void template_sql(struct name *n, const char *sql, size_t length, enum sql_quotes quotes, bool raw);

#endif
