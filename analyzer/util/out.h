/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where text goes: width, colours and characters that its reader can show. */
#ifndef UTIL_OUT_H
#define UTIL_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct out {
	FILE *file;
	unsigned width; /* columns */
	bool color;
	bool utf8;
};

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_TITLE,  /* of a section */
	STYLE_HEAD,   /* of a column */
	STYLE_HOT,    /* where most of the time goes */
	STYLE_WARM,   /* where much of it goes */
	STYLE_GOOD,
	STYLE_BAD,    /* failures and losses */
	STYLE_NAME,   /* of a connection or endpoint */
};

/* What --color says. */
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/*
 * Looks at file, NO_COLOR, TERM, COLUMNS and the locale.  width 0: that of the
 * terminal, OUT_WIDTH where there is none.
 */
struct out out_new(FILE *file, enum color_choice color, unsigned width);
#define OUT_WIDTH 120u
#define OUT_WIDTH_MIN 40u
#define OUT_WIDTH_MAX 1000u

__attribute__((format(printf, 3, 4))) void out_styled(const struct out *o, enum style style,
						       const char *format, ...);

/* Begins and ends a style; nothing without colour. */
void out_begin(const struct out *o, enum style style);
void out_end(const struct out *o, enum style style);

/* How hot a share (0 to 1) of the total is. */
enum style out_heat(double share);

/* The first if the reader can show it, else the ASCII one. */
static inline const char *out_pick(const struct out *o, const char *utf8, const char *ascii)
{
	return o->utf8 ? utf8 : ascii;
}

/* A bar of share (0 to 1) in the given number of columns, filled up with spaces. */
void out_bar(const struct out *o, double share, unsigned columns);

/* An empty line, the title underlined by style, and what it is about. */
void out_title(const struct out *o, const char *title, const char *about);

#endif
