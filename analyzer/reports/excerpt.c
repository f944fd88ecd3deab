/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The source around a frame's line. */
#include "analyzer/reports/excerpt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/util/text.h"

#define LINE_BYTES 1024u

static void print_line(char *line, uint64_t number, bool wanted, unsigned indent,
		       const struct out *o)
{
	char text[LINE_BYTES], clean[4 * LINE_BYTES], fitted[4 * LINE_BYTES];
	unsigned room = o->width > indent + 10 ? o->width - indent - 10 : 1;

	line[strcspn(line, "\r\n")] = '\0';
	text_clean(text_expand(line, text, sizeof(text)), o->utf8, clean, sizeof(clean));
	text_fit(clean, room, TEXT_CUT_END, o->utf8, fitted, sizeof(fitted));
	out_styled(o, wanted ? STYLE_BOLD : STYLE_DIM, "%*s%6" PRIu64 " %s %s", (int)indent, "",
		   number, wanted ? ">" : " ", fitted);
	fputc('\n', o->file);
}

void excerpt_print(const struct frame *f, uint64_t lines, unsigned indent, const struct out *o)
{
	FILE *file = lines && f->file && f->line ? fopen(f->file, "re") : NULL;
	uint64_t first = f->line > lines ? f->line - lines : 1, number = 0;
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return;
	while (number < f->line + lines && getline(&line, &size, file) >= 0) {
		if (++number >= first)
			print_line(line, number, number == f->line, indent, o);
	}
	free(line);
	fclose(file);
}
