/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings from traces and command lines, made fit for a terminal. */
#include "analyzer/util/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

/*
 * Decodes the character at text as RFC 3629 defines UTF-8 (shortest forms, no
 * surrogates).  Returns its length in bytes, 0 if it is not one.
 */
static size_t decode(const char *text, uint32_t *point)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *s = (const uint8_t *)text;
	size_t length = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : 4;

	if (length == 1) {
		*point = s[0];
		return 1;
	}
	if (length == 4 && s[0] >> 3 != 30)
		return 0;
	*point = s[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		*point = *point << 6 | (s[i] & 0x3f);
	}
	if (*point < smallest[length] || *point > 0x10ffff || (*point >> 11) == 0x1b)
		return 0;
	return length;
}

static bool is_harmless(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7f && point < 0xa0))
		return false; /* C0, DEL, C1 */
	if (point == 0x2028 || point == 0x2029)
		return false; /* line and paragraph separators */
	return !(point >= 0x202a && point <= 0x202e) && !(point >= 0x2066 && point <= 0x2069) &&
	       point != 0x200e && point != 0x200f; /* direction marks (UAX 9) */
}

const char *text_clean(const char *text, bool utf8, char *buffer, size_t size)
{
	size_t used = 0;

	while (*text) {
		uint32_t point;
		size_t length = decode(text, &point);
		bool keep = length && is_harmless(point) && (utf8 || length == 1);
		if (!length)
			length = 1;
		if (used + (keep ? length : 4 * length) >= size)
			break;
		if (keep) {
			memcpy(buffer + used, text, length);
			used += length;
		} else {
			for (size_t i = 0; i < length; i++, used += 4)
				snprintf(buffer + used, 5, "\\x%02x", (uint8_t)text[i]);
		}
		text += length;
	}
	buffer[used] = '\0';
	return buffer;
}

static unsigned point_columns(uint32_t point)
{
	int columns = point < 0x80 ? 1 : wcwidth((wchar_t)point);
	return columns < 0 ? 1 : (unsigned)columns;
}

const char *text_expand(const char *line, char *buffer, size_t size)
{
	size_t used = 0;

	for (; *line && used + 9 < size; line++) {
		size_t width = *line == '\t' ? 8 - used % 8 : 1;
		memset(buffer + used, *line == '\t' ? ' ' : *line, width);
		used += width;
	}
	buffer[used] = '\0';
	return buffer;
}

unsigned text_columns(const char *text)
{
	unsigned columns = 0;

	while (*text) {
		uint32_t point;
		size_t length = decode(text, &point);
		columns += length ? point_columns(point) : 1;
		text += length ? length : 1;
	}
	return columns;
}

/* The byte at which the text has taken the given number of columns, at most. */
static size_t bytes_of_columns(const char *text, unsigned columns)
{
	size_t bytes = 0;

	while (text[bytes]) {
		uint32_t point;
		size_t length = decode(text + bytes, &point);
		unsigned wide = length ? point_columns(point) : 1;
		if (wide > columns)
			break;
		columns -= wide;
		bytes += length ? length : 1;
	}
	return bytes;
}

const char *text_fit(const char *text, unsigned columns, enum text_cut cut, bool utf8,
		     char *buffer, size_t size)
{
	const char *dots = utf8 ? "…" : "..";
	unsigned dot_columns = utf8 ? 1 : 2;
	unsigned all = text_columns(text);

	if (all <= columns) {
		snprintf(buffer, size, "%s", text);
		return buffer;
	}
	if (columns < dot_columns) {
		buffer[0] = '\0';
		return buffer;
	}
	unsigned room = columns - dot_columns;
	unsigned tail = cut == TEXT_CUT_MIDDLE ? room / 2 : 0;
	size_t head_bytes = bytes_of_columns(text, room - tail);
	size_t tail_start = tail ? bytes_of_columns(text, all - tail) : strlen(text);
	snprintf(buffer, size, "%.*s%s%s", (int)head_bytes, text, dots, text + tail_start);
	return buffer;
}
