/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One JSON object on a line, written as it is told.  For views of millions of lines:
 * building a document in memory for each would take ten times as long.
 */
#ifndef UTIL_JSONLINE_H
#define UTIL_JSONLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* All zeroes is a new one.  It is used for one object after the other. */
struct jsonline {
	char *text; /* terminated once the object is finished */
	size_t used, room;
	bool open; /* what comes next is the first of the object */
};

void jsonline_free(struct jsonline *j);

void jsonline_begin(struct jsonline *j);
/* null for UINT64_MAX. */
void jsonline_known(struct jsonline *j, const char *key, uint64_t value);
void jsonline_integer(struct jsonline *j, const char *key, int64_t value);
/* null for NULL; see text_clean() for what becomes of control characters. */
void jsonline_text(struct jsonline *j, const char *key, const char *text);
void jsonline_null(struct jsonline *j, const char *key);
void jsonline_boolean(struct jsonline *j, const char *key, bool value);
/* A finite number. */
void jsonline_real(struct jsonline *j, const char *key, double value);
/* An array of texts, of which NULL is null; null if count is 0. */
void jsonline_texts(struct jsonline *j, const char *key, size_t count,
		    const char *(*text)(const void *items, size_t i), const void *items);
void jsonline_bool(struct jsonline *j, const char *key, bool value);
/* What comes until the close is an object within the object. */
void jsonline_open(struct jsonline *j, const char *key);
void jsonline_close(struct jsonline *j);
void jsonline_finish(struct jsonline *j);

/* Writes the finished object and the end of the line. */
void jsonline_write(const struct jsonline *j, FILE *file);

#endif
