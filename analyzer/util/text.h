/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings from traces and command lines, made fit for a terminal. */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Copies text so that no terminal acts on it: control characters, the marks that
 * turn the direction of writing, and bytes that are not UTF-8 become \xNN.  With
 * utf8 false everything beyond ASCII does.  Writes at most size bytes, terminated,
 * never half a character; returns buffer.
 */
const char *text_clean(const char *text, bool utf8, char *buffer, size_t size);

/*
 * Copies a line with its tabs made spaces, up to every eighth byte as terminals show plain
 * text; what is too long is cut.  Returns buffer.
 */
const char *text_expand(const char *line, char *buffer, size_t size);

/* How many columns of a terminal a clean text takes. */
unsigned text_columns(const char *text);

/*
 * Cuts a clean text to the given number of columns; what was left out becomes
 * an ellipsis ("…", ".." without utf8) at the end, or in the middle, where
 * names are too long to tell apart by their beginnings.
 */
enum text_cut { TEXT_CUT_END, TEXT_CUT_MIDDLE };
const char *text_fit(const char *text, unsigned columns, enum text_cut cut, bool utf8,
		     char *buffer, size_t size);

#endif
