/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes names for groups of requests out of single ones. */
#include "analyzer/protocols/template.h"

#include <ctype.h>
#include <string.h>

static const char ellipsis[] = "…";

void name_add(struct name *n, const char *text, size_t length)
{
	size_t room = sizeof(n->text) - sizeof(ellipsis) - n->length;

	if (n->cut)
		return;
	if (length > room) {
		memcpy(n->text + n->length, text, room);
		n->length += room;
		name_cut(n);
		return;
	}
	memcpy(n->text + n->length, text, length);
	n->length += length;
}

void name_add_word(struct name *n, const char *word)
{
	name_add(n, word, strlen(word));
}

void name_cut(struct name *n)
{
	if (n->cut)
		return;
	n->cut = true;
	/* not in the middle of a character (RFC 3629) */
	while (n->length && (n->text[n->length - 1] & 0xc0) == 0x80)
		n->length--;
	if (n->length && n->text[n->length - 1] & 0x80)
		n->length--;
	memcpy(n->text + n->length, ellipsis, sizeof(ellipsis) - 1);
	n->length += sizeof(ellipsis) - 1;
}

/* Paths and keys */

/* The shortest hexadecimal number that is taken for one, and the shortest token. */
enum { HEX_LEAST = 8, TOKEN_LEAST = 20, UUID_LENGTH = 36 };

static bool is_separator(char c)
{
	switch (c) {
	case '/':
	case '.':
	case ':':
	case ',':
	case ';':
	case '=':
	case '~':
	case '|':
	case '@':
		return true;
	default:
		return false;
	}
}

/* 8-4-4-4-12 hexadecimal digits (RFC 9562, section 4). */
static bool is_uuid(const char *s, size_t length)
{
	if (length != UUID_LENGTH)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	}
	return true;
}

/* A number, a UUID, a hash, or a token: what stands for one of many. */
static bool is_id(const char *s, size_t length)
{
	size_t digits = 0, hex = 0, word = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)s[i];

		digits += isdigit(c) != 0;
		hex += isxdigit(c) != 0;
		word += isalnum(c) || c == '_' || c == '-' || c == '%';
	}
	if (!digits)
		return false;
	return digits == length || is_uuid(s, length) || (hex == length && length >= HEX_LEAST) ||
	       (word == length && length >= TOKEN_LEAST && digits * 8 >= length);
}

/* Numbers within a word; a single digit is a part of it: v1, oauth2, utf8. */
static void add_segment(struct name *n, const char *s, size_t length)
{
	size_t done = 0;

	if (is_id(s, length)) {
		name_add_word(n, "{id}");
		return;
	}
	for (size_t i = 0; i < length;) {
		size_t digits = 0;

		while (i + digits < length && isdigit((unsigned char)s[i + digits]))
			digits++;
		if (digits > 1) {
			name_add(n, s + done, i - done);
			name_add_word(n, "{n}");
			done = i + digits;
		}
		i += digits ? digits : 1;
	}
	name_add(n, s + done, length - done);
}

void template_path(struct name *n, const char *path, size_t length, bool raw)
{
	size_t start = 0;

	if (raw) {
		name_add(n, path, length);
		return;
	}
	for (size_t i = 0; i <= length; i++) {
		bool end = i == length || path[i] == '?' || path[i] == '#';

		if (!end && !is_separator(path[i]))
			continue;
		add_segment(n, path + start, i - start);
		if (end)
			return;
		name_add(n, path + i, 1);
		start = i + 1;
	}
}

/* SQL */

struct sql {
	const char *at, *end;
	struct name *name;
	bool space;       /* some is due before what comes next */
	bool raw;
	bool quotes;      /* double ones are literals too */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || c & 0x80;
}

static void put(struct sql *s, const char *text, size_t length)
{
	if (s->space && s->name->length)
		name_add_word(s->name, " ");
	s->space = false;
	name_add(s->name, text, length);
}

/* Comments are white space: "--" to the end of the line, and C's. */
static bool skip_space(struct sql *s)
{
	const char *from = s->at;
	size_t left = (size_t)(s->end - s->at);

	if (isspace((unsigned char)*s->at) || !*s->at) {
		s->at++;
	} else if (!s->raw && left >= 2 && memcmp(s->at, "--", 2) == 0) {
		while (s->at < s->end && *s->at != '\n')
			s->at++;
	} else if (!s->raw && left >= 2 && memcmp(s->at, "/*", 2) == 0) {
		const char *end = memmem(s->at + 2, left - 2, "*/", 2);

		s->at = end ? end + 2 : s->end;
	}
	s->space |= s->at != from;
	return s->at != from;
}

static bool ends_with(const struct name *n, size_t length, const char *text)
{
	size_t bytes = strlen(text);

	return length >= bytes && memcmp(n->text + length - bytes, text, bytes) == 0;
}

/* Of a list of literals the first one is shown: "IN ({n}, …)". */
static void put_literal(struct sql *s, const char *placeholder)
{
	struct name *n = s->name;
	bool listed = ends_with(n, n->length, ",");
	size_t before = n->length - listed;

	if (listed && ends_with(n, before, ellipsis)) {
		n->length = before;
	} else if (listed && (ends_with(n, before, "{n}") || ends_with(n, before, "{s}"))) {
		n->length = before;
		name_add_word(n, ", …");
	} else {
		put(s, placeholder, strlen(placeholder));
	}
	s->space = false;
}

/* To the closing quote, which doubled or behind a backslash is none. */
static void skip_quoted(struct sql *s)
{
	char quote = *s->at++;

	while (s->at < s->end) {
		char c = *s->at++;

		if (c == '\\' && s->at < s->end)
			s->at++;
		else if (c == quote && (s->at == s->end || *s->at != quote))
			return;
		else if (c == quote)
			s->at++;
	}
}

static void take_word(struct sql *s)
{
	const char *start = s->at;

	while (s->at < s->end && is_word(*s->at))
		s->at++;
	put(s, start, (size_t)(s->at - start));
}

static void take_number(struct sql *s)
{
	while (s->at < s->end && (is_word(*s->at) || *s->at == '.'))
		s->at++;
	put_literal(s, "{n}");
}

/* "$tag$ … $tag$", PostgreSQL's; false if none begins here. */
static bool skip_dollars(struct sql *s)
{
	const char *tag_end = s->at + 1, *close;
	size_t tag;

	while (tag_end < s->end && (isalpha((unsigned char)*tag_end) || *tag_end == '_'))
		tag_end++;
	if (tag_end == s->end || *tag_end != '$')
		return false;
	tag = (size_t)(tag_end + 1 - s->at);
	close = memmem(tag_end + 1, (size_t)(s->end - tag_end - 1), s->at, tag);
	s->at = close ? close + tag : s->end;
	return true;
}

/* "+ -5": the sign is the number's, where something is to come. */
static bool is_sign(const struct sql *s)
{
	const struct name *n = s->name;

	return *s->at == '-' && s->end - s->at > 1 && isdigit((unsigned char)s->at[1]) && n->length &&
	       !is_word(n->text[n->length - 1]) && !memchr(")}", n->text[n->length - 1], 2);
}

/* Of rows that look alike the first one is shown: "VALUES ({n}, …), …". */
static void close_row(struct name *n)
{
	static const char more[] = ", …";
	const char *open = memrchr(n->text, '(', n->length);
	size_t before = open ? (size_t)(open - n->text) : 0, row = n->length - before;

	if (before && n->text[before - 1] == ' ')
		before--;
	if (!before || n->text[before - 1] != ',')
		return;
	before--;
	if (before >= row && memcmp(n->text + before - row, open, row) == 0) {
		n->length = before;
		name_add_word(n, more);
	} else if (ends_with(n, before, more) && before - strlen(more) >= row &&
		   memcmp(n->text + before - strlen(more) - row, open, row) == 0) {
		n->length = before;
	}
}

static void take_token(struct sql *s)
{
	char c = *s->at;

	if (!s->raw && c == '$' && skip_dollars(s)) {
		put_literal(s, "{s}");
	} else if (!s->raw && (c == '\'' || (c == '"' && s->quotes))) {
		skip_quoted(s);
		put_literal(s, "{s}");
	} else if (!s->raw && is_sign(s)) {
		s->at++;
		take_number(s);
	} else if (!s->raw && isdigit((unsigned char)c)) {
		take_number(s);
	} else if (is_word(c)) {
		take_word(s);
	} else {
		put(s, s->at++, 1);
		if (c == ')' && !s->raw)
			close_row(s->name);
	}
}

void template_sql(struct name *n, const char *sql, size_t length, enum sql_quotes quotes, bool raw)
{
	struct sql s = { .at = sql, .end = sql + length, .name = n, .raw = raw,
			 .quotes = quotes == SQL_QUOTES_LITERAL };

	while (s.at < s.end && !n->cut)
		if (!skip_space(&s))
			take_token(&s);
	while (n->length && !n->cut && (n->text[n->length - 1] == ';' || n->text[n->length - 1] == ' '))
		n->length--;
}
