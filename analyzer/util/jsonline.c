/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One JSON object on a line, written as it is told. */
#include "analyzer/util/jsonline.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/util/alloc.h"
#include "analyzer/util/text.h"

void jsonline_free(struct jsonline *j)
{
	free(j->text);
	*j = (struct jsonline){ 0 };
}

static char *make_room(struct jsonline *j, size_t bytes)
{
	while (j->room - j->used < bytes + 1) {
		j->room = j->room ? 2 * j->room : 1024;
		j->text = xreallocarray(j->text, j->room, 1);
	}
	return j->text + j->used;
}

static void add(struct jsonline *j, const char *text, size_t bytes)
{
	memcpy(make_room(j, bytes), text, bytes);
	j->used += bytes;
}

static void add_number(struct jsonline *j, uint64_t value)
{
	char digits[20];
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + value % 10);
	while (value /= 10);
	add(j, digits + i, sizeof(digits) - i);
}

/* Clean text has no control characters: of what JSON wants escaped (RFC 8259, 7) two are left. */
static void add_string(struct jsonline *j, const char *text)
{
	size_t bytes = strlen(text);
	/* Each byte may become \xNN, with one character more before the backslash. */
	char *start = make_room(j, 5 * bytes + 4 * bytes + 3), *out = start;
	char *clean = start + 5 * bytes + 2;

	text_clean(text, true, clean, 4 * bytes + 1);
	*out++ = '"';
	for (const char *c = clean; *c; c++) {
		if (*c == '"' || *c == '\\')
			*out++ = '\\';
		*out++ = *c;
	}
	*out++ = '"';
	j->used += (size_t)(out - start);
}

static void add_key(struct jsonline *j, const char *key)
{
	add(j, j->open ? "\"" : ",\"", j->open ? 1 : 2);
	add(j, key, strlen(key));
	add(j, "\":", 2);
	j->open = false;
}

void jsonline_begin(struct jsonline *j)
{
	j->used = 0;
	add(j, "{", 1);
	j->open = true;
}

void jsonline_null(struct jsonline *j, const char *key)
{
	add_key(j, key);
	add(j, "null", 4);
}

void jsonline_boolean(struct jsonline *j, const char *key, bool value)
{
	const char *text = value ? "true" : "false";

	add_key(j, key);
	add(j, text, strlen(text));
}

void jsonline_real(struct jsonline *j, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.15g", value);
	add_key(j, key);
	add(j, text, strlen(text));
	if (!strpbrk(text, ".e"))
		add(j, ".0", 2); /* some readers tell whole numbers from others */
}

void jsonline_known(struct jsonline *j, const char *key, uint64_t value)
{
	if (value == UINT64_MAX) {
		jsonline_null(j, key);
		return;
	}
	add_key(j, key);
	add_number(j, value);
}

void jsonline_integer(struct jsonline *j, const char *key, int64_t value)
{
	add_key(j, key);
	if (value < 0)
		add(j, "-", 1);
	add_number(j, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void jsonline_text(struct jsonline *j, const char *key, const char *text)
{
	if (!text) {
		jsonline_null(j, key);
		return;
	}
	add_key(j, key);
	add_string(j, text);
}

void jsonline_texts(struct jsonline *j, const char *key, size_t count,
		    const char *(*text)(const void *items, size_t i), const void *items)
{
	if (!count) {
		jsonline_null(j, key);
		return;
	}
	add_key(j, key);
	for (size_t i = 0; i < count; i++) {
		const char *item = text(items, i);
		add(j, i ? "," : "[", 1);
		if (item)
			add_string(j, item);
		else
			add(j, "null", 4);
	}
	add(j, "]", 1);
}

void jsonline_bool(struct jsonline *j, const char *key, bool value)
{
	add_key(j, key);
	add(j, value ? "true" : "false", value ? 4 : 5);
}

void jsonline_open(struct jsonline *j, const char *key)
{
	add_key(j, key);
	add(j, "{", 1);
	j->open = true;
}

void jsonline_close(struct jsonline *j)
{
	add(j, "}", 1);
	j->open = false;
}

void jsonline_finish(struct jsonline *j)
{
	add(j, "}", 1);
	j->text[j->used] = '\0';
}

void jsonline_write(const struct jsonline *j, FILE *file)
{
	fwrite(j->text, 1, j->used, file);
	fputc('\n', file);
}
