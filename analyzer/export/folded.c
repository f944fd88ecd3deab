/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folded stacks: a line for each stack, "main;ask;send 12", its frames from the
 * outermost on and what it weighs.  Read by flamegraph.pl, inferno and speedscope.
 */
#include "analyzer/export/export.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analyzer/reports/frame.h"
#include "analyzer/util/alloc.h"

struct folded {
	FILE *file;
	enum weight weight;
};

static void *begin(const struct export_about *about, FILE *file)
{
	struct folded *f = xcalloc(1, sizeof(*f));

	f->file = file;
	f->weight = about->weight;
	return f;
}

/* A semicolon would be read as the end of the frame. */
static void write_text(FILE *file, const char *text)
{
	for (; *text; text++)
		putc(*text == ';' ? ':' : *text, file);
}

/* "ask", or with its line "ask (app.c:12)". */
static void write_frame(FILE *file, const struct frame *frame)
{
	char place[FRAME_TEXT_BYTES];

	write_text(file, frame->name);
	if (!*frame_place(frame, true, place))
		return;
	fputs(" (", file);
	write_text(file, place);
	putc(')', file);
}

static void sample(void *state, const struct export_sample *s)
{
	const struct folded *f = state;
	uint64_t weight = figures_weigh(&s->figures, f->weight);

	if (!weight)
		return;
	for (size_t i = 0; i < s->count; i++) {
		if (i)
			putc(';', f->file);
		write_frame(f->file, s->frames[i]);
	}
	fprintf(f->file, " %" PRIu64 "\n", weight);
}

static bool end(void *state)
{
	free(state);
	return true;
}

const struct exporter folded_exporter = {
	.begin = begin,
	.sample = sample,
	.end = end,
};
