/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that fit their reader's width. */
#include "analyzer/util/table.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/util/alloc.h"
#include "analyzer/util/flow.h"

#define GAP 2u /* between columns */
#define CELL_BYTES 8192u

struct cell {
	char *text; /* NULL: a bar */
	char *next; /* before each line but the first; NULL: it has only one */
	const char *separator;
	double share;
	unsigned width;
	enum style style;
};

struct table {
	const struct table_column *columns;
	size_t column_count;
	struct cell *cells;
	size_t cell_count, cell_room;
};

/* How a column is printed; width 0: not at all. */
struct fit {
	unsigned width;
	bool shown;
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->columns = columns;
	t->column_count = count;
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->cell_count; i++) {
		free(t->cells[i].text);
		free(t->cells[i].next);
	}
	free(t->cells);
	free(t);
}

static struct cell *new_cell(struct table *t)
{
	t->cells = xgrow(t->cells, t->cell_count, &t->cell_room, sizeof(*t->cells));
	return &t->cells[t->cell_count++];
}

void table_add(struct table *t, enum style style, const char *text)
{
	*new_cell(t) = (struct cell){
		.text = xstrdup(text),
		.width = text_columns(text),
		.style = style,
	};
}

void table_add_wrapped(struct table *t, enum style style, const char *text, const char *separator,
		       const char *next)
{
	table_add(t, style, text);
	t->cells[t->cell_count - 1].next = xstrdup(next);
	t->cells[t->cell_count - 1].separator = separator;
}

void table_add_bar(struct table *t, double share)
{
	*new_cell(t) = (struct cell){ .share = share };
}

static unsigned natural_width(const struct table *t, size_t column)
{
	unsigned width = t->columns[column].bar;

	for (size_t i = column; i < t->cell_count; i += t->column_count) {
		if (t->cells[i].width > width)
			width = t->cells[i].width;
	}
	unsigned title = text_columns(t->columns[column].title);
	return title > width ? title : width;
}

static unsigned total_width(const struct table *t, const struct fit *fits)
{
	unsigned total = 0;

	for (size_t i = 0; i < t->column_count; i++) {
		if (fits[i].shown)
			total += fits[i].width + (total ? GAP : 0);
	}
	return total;
}

/* Cuts the widest of the columns that may be cut until the table fits or all are at their least. */
static void shrink(const struct table *t, struct fit *fits, unsigned width)
{
	unsigned total = total_width(t, fits);

	while (total > width) {
		struct fit *widest = NULL;
		for (size_t i = 0; i < t->column_count; i++) {
			unsigned least = t->columns[i].shrink_to;
			if (fits[i].shown && least && fits[i].width > least &&
			    (!widest || fits[i].width > widest->width))
				widest = &fits[i];
		}
		if (!widest)
			return;
		widest->width--;
		total--;
	}
}

/* What the table would take with everything cut to its least. */
static unsigned least_width(const struct table *t, const struct fit *fits)
{
	unsigned total = 0;

	for (size_t i = 0; i < t->column_count; i++) {
		unsigned least = t->columns[i].shrink_to;
		if (!fits[i].shown)
			continue;
		if (!least || least > fits[i].width)
			least = fits[i].width;
		total += least + (total ? GAP : 0);
	}
	return total;
}

/* Leaves out columns, highest rank first and from the right, until the rest can fit. */
static void leave_out(const struct table *t, struct fit *fits, unsigned width)
{
	while (least_width(t, fits) > width) {
		struct fit *victim = NULL;
		unsigned highest = 1;
		for (size_t i = 0; i < t->column_count; i++) {
			if (fits[i].shown && t->columns[i].rank >= highest) {
				highest = t->columns[i].rank;
				victim = &fits[i];
			}
		}
		if (!victim)
			return;
		victim->shown = false;
	}
}

static void print_padding(const struct out *o, unsigned columns)
{
	fprintf(o->file, "%*s", (int)columns, "");
}

/* Nothing follows the last column's text: lines have no blanks at their ends. */
static void print_cell(const struct out *o, const struct table_column *column,
		       const struct cell *cell, unsigned width, bool last)
{
	char fitted[CELL_BYTES];

	if (!cell->text) {
		out_bar(o, cell->share, width);
		return;
	}
	text_fit(cell->text, width, column->cut, o->utf8, fitted, sizeof(fitted));
	unsigned taken = text_columns(fitted);
	unsigned padding = taken < width ? width - taken : 0;
	if (column->align == TABLE_RIGHT)
		print_padding(o, padding);
	out_styled(o, cell->style, "%s", fitted);
	if (column->align == TABLE_LEFT && !last)
		print_padding(o, padding);
}

/*
 * Bytes of text up to the end of a separator: of the last one up to which it fits the
 * width, of the first one if none does; 0 if there is no separator.
 */
static size_t break_behind(const char *text, const char *separator, unsigned width)
{
	char head[CELL_BYTES];
	size_t length = 0;

	for (const char *s = strstr(text, separator); s; s = strstr(s + 1, separator)) {
		size_t end = (size_t)(s - text) + strlen(separator);
		snprintf(head, sizeof(head), "%.*s", (int)end - 1, text);
		if (length && text_columns(head) > width)
			break;
		length = end;
	}
	return length;
}

/* The last cell of a row, over as many lines as it needs, all but the first indented. */
static void print_wrapped(const struct out *o, const struct table_column *column,
			  const struct cell *cell, unsigned width, unsigned indent)
{
	char line[CELL_BYTES], fitted[CELL_BYTES];
	const char *rest = cell->text;
	unsigned room = width;

	while (text_columns(rest) > room) {
		size_t bytes = break_behind(rest, cell->separator, room);
		if (!bytes)
			break;
		snprintf(line, sizeof(line), "%.*s", (int)bytes - 1, rest);
		text_fit(line, room, column->cut, o->utf8, fitted, sizeof(fitted));
		out_styled(o, cell->style, "%s", fitted);
		fprintf(o->file, "\n%*s%s", (int)indent, "", cell->next);
		rest += bytes;
		unsigned taken = text_columns(cell->next);
		room = width > taken ? width - taken : 1;
	}
	out_styled(o, cell->style, "%s",
		   text_fit(rest, room, column->cut, o->utf8, fitted, sizeof(fitted)));
}

static void print_row(const struct table *t, const struct out *o, const struct fit *fits,
		      const struct cell *cells, size_t last)
{
	unsigned indent = 0;

	/* Lines end with what they say. */
	while (last && (!fits[last].shown || (cells[last].text && !cells[last].text[0])))
		last--;
	for (size_t i = 0; i <= last; i++) {
		if (!fits[i].shown)
			continue;
		if (cells[i].next)
			print_wrapped(o, &t->columns[i], &cells[i], fits[i].width, indent);
		else
			print_cell(o, &t->columns[i], &cells[i], fits[i].width, i == last);
		if (i < last)
			print_padding(o, GAP);
		indent += fits[i].width + GAP;
	}
	fputc('\n', o->file);
}

static void print_left_out(const struct table *t, const struct out *o, const struct fit *fits)
{
	size_t count = 0;

	for (size_t i = 0; i < t->column_count; i++)
		count += !fits[i].shown && !t->columns[i].hidden && t->columns[i].title[0];
	if (!count)
		return;
	struct flow f = flow_new(o, 0, " ");
	flow_add(&f, STYLE_DIM, "not shown for want of room:");
	for (size_t i = 0; i < t->column_count; i++) {
		if (!fits[i].shown && !t->columns[i].hidden && t->columns[i].title[0])
			flow_add(&f, STYLE_DIM, "%s%s", t->columns[i].title, --count ? "," : "");
	}
	flow_end(&f);
}

void table_print(const struct table *t, const struct out *o, bool say_left_out)
{
	struct fit *fits = xcalloc(t->column_count, sizeof(*fits));
	struct cell *heads = xcalloc(t->column_count, sizeof(*heads));
	size_t last = 0;

	for (size_t i = 0; i < t->column_count; i++)
		fits[i] = (struct fit){ .width = natural_width(t, i), .shown = !t->columns[i].hidden };
	leave_out(t, fits, o->width);
	shrink(t, fits, o->width);
	for (size_t i = 0; i < t->column_count; i++) {
		heads[i].text = (char *)t->columns[i].title;
		heads[i].style = STYLE_HEAD;
		if (fits[i].shown)
			last = i;
	}
	print_row(t, o, fits, heads, last);
	for (size_t i = 0; i < t->cell_count; i += t->column_count)
		print_row(t, o, fits, &t->cells[i], last);
	if (say_left_out)
		print_left_out(t, o, fits);
	free(heads);
	free(fits);
}
