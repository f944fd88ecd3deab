/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces of text side by side, in as many lines as the width needs. */
#include "analyzer/util/flow.h"

#include <stdarg.h>

#include "analyzer/util/text.h"

struct flow flow_new(const struct out *o, unsigned indent, const char *separator)
{
	fprintf(o->file, "%*s", (int)indent, "");
	return (struct flow){ .o = o, .indent = indent, .column = indent, .separator = separator };
}

void flow_add(struct flow *f, enum style style, const char *format, ...)
{
	char piece[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(piece, sizeof(piece), format, arguments);
	va_end(arguments);
	unsigned columns = text_columns(piece);
	unsigned gap = f->column > f->indent ? text_columns(f->separator) : 0;
	if (gap && f->column + gap + columns > f->o->width) {
		fprintf(f->o->file, "\n%*s", (int)f->indent, "");
		f->column = f->indent;
		gap = 0;
	}
	if (gap)
		out_styled(f->o, STYLE_DIM, "%s", f->separator);
	out_styled(f->o, style, "%s", piece);
	f->column += gap + columns;
}

void flow_end(struct flow *f)
{
	fputc('\n', f->o->file);
}
