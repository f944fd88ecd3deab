/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Round trips in the formats of other tools.  A format is one file with one struct
 * exporter, and a row in the table of export.c, which adds up the round trips and feeds
 * any of them.
 */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/reports/figures.h"
#include "analyzer/reports/view.h"

/* Round trips with one stack, of one program. */
struct export_sample {
	const char *program;
	const struct frame *const *frames; /* outermost first; at least one */
	size_t count;
	const char *peer; /* whom they asked; NULL unless wanted; a frame, too */
	struct figures figures;
};

/* What the samples are of. */
struct export_about {
	const char *command;          /* line of the first process, clean */
	uint64_t started_realtime_ns; /* UNKNOWN if it is */
	uint64_t duration_ns;
	enum weight weight;
	struct figures total;  /* of all samples */
};

struct exporter {
	bool with_lines;   /* it knows functions of lines: frames are lines, but for --group */
	bool with_program; /* it has a place for the program's name, which is else the outermost
			      frame where there are several */
	bool is_binary;    /* nothing for a terminal */

	/* All writing is to file; about lives until end(). */
	void *(*begin)(const struct export_about *about, FILE *file);
	/* Samples of a program come one after the other; none is empty or comes twice. */
	void (*sample)(void *state, const struct export_sample *s);
	/*
	 * Writes what is left and frees the state.  False if something could not be
	 * written that stdio does not know of: errno says why.
	 */
	bool (*end)(void *state);
};

extern const struct exporter folded_exporter, speedscope_exporter, callgrind_exporter,
	pprof_exporter;

/* In order of their places in the table, with NULL at the end: for options. */
extern const char *const export_formats[];

/* Whether what the format writes is nothing for a terminal. */
bool export_is_binary(int format);

struct export_options {
	int format;       /* place in export_formats; below 0: not given */
	int weight;       /* enum weight */
	int group;        /* enum frame_grouping; below 0: the format's own */
	bool with_peer;
	const char *path; /* NULL: standard output */
};

extern const struct view_ops export_view;

#endif
