/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What decoders read alike: numbers in network order, lines, words. */
#ifndef PROTOCOLS_READ_H
#define PROTOCOLS_READ_H

#include <string.h>
#include <strings.h>

#include "analyzer/protocols/protocol.h"

static inline uint16_t read_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t read_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A part of the bytes as text. */
struct text {
	const char *at;
	size_t length;
};

/*
 * The line at the front, without its end ("\n", or "\r\n").  Returns its bytes with the
 * end, 0 if the end is not there; then the text is all there is.
 */
static inline size_t read_line(const struct bytes *b, struct text *line)
{
	const uint8_t *end = memchr(b->at, '\n', b->count);

	line->at = (const char *)b->at;
	line->length = end ? (size_t)(end - b->at) : b->count;
	if (end && line->length && line->at[line->length - 1] == '\r')
		line->length--;
	return end ? (size_t)(end - b->at) + 1 : 0;
}

static inline bool text_begins(const struct text *t, const char *with)
{
	size_t bytes = strlen(with);

	return t->length >= bytes && memcmp(t->at, with, bytes) == 0;
}

/* Whether the texts are the same but for case (ASCII). */
static inline bool text_is(const struct text *t, const char *word)
{
	return t->length == strlen(word) && strncasecmp(t->at, word, t->length) == 0;
}

/* The first word, which ends at a space or with the text; the text then begins behind it. */
static inline struct text text_word(struct text *t)
{
	const char *space = t->length ? memchr(t->at, ' ', t->length) : NULL;
	struct text word = { t->at, space ? (size_t)(space - t->at) : t->length };
	size_t used = word.length + (space != NULL);

	t->at += used;
	t->length -= used;
	return word;
}

/* A decimal number, all of the text, of up to 19 digits.  False if it is none. */
static inline bool text_number(const struct text *t, uint64_t *number)
{
	if (!t->length || t->length > 19)
		return false;
	*number = 0;
	for (size_t i = 0; i < t->length; i++) {
		if (t->at[i] < '0' || t->at[i] > '9')
			return false;
		*number = *number * 10 + (uint64_t)(t->at[i] - '0');
	}
	return true;
}

#endif
