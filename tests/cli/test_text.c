/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a terminal gets to see: clean texts that fit, tables, flowing lines, JSON lines. */
#include <jansson.h>
#include <locale.h>

#include "analyzer/util/flow.h"
#include "analyzer/util/jsonline.h"
#include "analyzer/util/table.h"
#include "analyzer/util/text.h"
#include "tests/unit/tap.h"

static void test_expand(void)
{
	char text[32];

	is_text(text_expand("\tif (x)\t{", text, sizeof(text)), "        if (x)  {", "tabs");
	is_text(text_expand("", text, sizeof(text)), "", "an empty line");
	is_text(text_expand("0123456789012345678901234567890123456789", text, sizeof(text)),
		"01234567890123456789012", "a line that is cut");
}

static void test_clean(void)
{
	char text[64];

	is_text(text_clean("plain ü €", true, text, sizeof(text)), "plain ü €", "good text stays");
	is_text(text_clean("ü", false, text, sizeof(text)), "\\xc3\\xbc", "ASCII only");
	is_text(text_clean("a\033[31mb\n\t\177", true, text, sizeof(text)),
		"a\\x1b[31mb\\x0a\\x09\\x7f", "control characters");
	is_text(text_clean("\xc2\x9b" "31m", true, text, sizeof(text)), "\\xc2\\x9b31m",
		"the control characters beyond ASCII");
	is_text(text_clean("\xe2\x80\xae" "gpj.exe", true, text, sizeof(text)),
		"\\xe2\\x80\\xaegpj.exe", "right-to-left override");
	is_text(text_clean("\xff\xc3(\xe2\x82", true, text, sizeof(text)), "\\xff\\xc3(\\xe2\\x82",
		"what is not UTF-8");
	is_text(text_clean("\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80", true, text, sizeof(text)),
		"\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80", "what UTF-8 forbids");
	is_text(text_clean("abc\nd", true, text, 7), "abc", "no half of an escape");
	is_text(text_clean("ab€", true, text, 5), "ab", "no half of a character");
}

static void test_fit(void)
{
	char text[64];

	is_text(text_fit("function", 8, TEXT_CUT_END, true, text, sizeof(text)), "function", "fits");
	is_text(text_fit("function", 5, TEXT_CUT_END, true, text, sizeof(text)), "func…", "end cut");
	is_text(text_fit("function", 5, TEXT_CUT_MIDDLE, true, text, sizeof(text)), "fu…on",
		"middle cut");
	is_text(text_fit("function", 5, TEXT_CUT_END, false, text, sizeof(text)), "fun..",
		"end cut in ASCII");
	is_text(text_fit("function", 1, TEXT_CUT_END, false, text, sizeof(text)), "", "no room");
	is_text(text_fit("日本語", 5, TEXT_CUT_END, true, text, sizeof(text)), "日本…",
		"wide characters");
}

/* What a function prints to an out of this width, without colour. */
static char *printed(unsigned width, void (*print)(const struct out *o))
{
	static char text[8192];
	FILE *file = tmpfile();
	struct out o = { .file = file, .width = width, .utf8 = true };

	print(&o);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static const struct table_column columns[] = {
	{ .title = "N", .align = TABLE_RIGHT },
	{ .title = "TIME", .align = TABLE_RIGHT, .rank = 1 },
	{ .title = "", .bar = 4, .rank = 2 },
	{ .title = "NEVER", .hidden = true },
	{ .title = "NAME", .shrink_to = 8 },
};

static void print_table(const struct out *o)
{
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]));

	table_add(t, STYLE_PLAIN, "1");
	table_add(t, STYLE_PLAIN, "12.5ms");
	table_add_bar(t, 1);
	table_add(t, STYLE_PLAIN, "x");
	table_add(t, STYLE_PLAIN, "first");
	table_add(t, STYLE_PLAIN, "10,000");
	table_add(t, STYLE_PLAIN, "1s");
	table_add_bar(t, 0.001);
	table_add(t, STYLE_PLAIN, "x");
	table_add_wrapped(t, STYLE_PLAIN, "one > two > six > four", " > ", "| ");
	table_print(t, o, true);
	table_free(t);
}

static void test_table(void)
{
	is_text(printed(80, print_table),
		"     N    TIME        NAME\n"
		"     1  12.5ms  ████  first\n"
		"10,000      1s  ▏     one > two > six > four\n",
		"a table with room");
	is_text(printed(36, print_table),
		"     N    TIME        NAME\n"
		"     1  12.5ms  ████  first\n"
		"10,000      1s  ▏     one > two >\n"
		"                      | six > four\n",
		"its last column wraps");
	is_text(printed(24, print_table),
		"     N    TIME  NAME\n"
		"     1  12.5ms  first\n"
		"10,000      1s  one >\n"
		"                | two >\n"
		"                | six >\n"
		"                | four\n",
		"its bar is left out");
	is_text(printed(18, print_table),
		"     N  NAME\n"
		"     1  first\n"
		"10,000  one >\n"
		"        | two >\n"
		"        | six >\n"
		"        | four\n"
		"not shown for want of room:\n"
		"TIME\n",
		"a figure is left out, and said to be");
}

static void print_flow(const struct out *o)
{
	struct flow f = flow_new(o, 2, ", ");

	for (int i = 1; i <= 5; i++)
		flow_add(&f, STYLE_PLAIN, "piece %d", i);
	flow_end(&f);
}

static void test_flow(void)
{
	is_text(printed(80, print_flow), "  piece 1, piece 2, piece 3, piece 4, piece 5\n", "one line");
	is_text(printed(20, print_flow), "  piece 1, piece 2\n  piece 3, piece 4\n  piece 5\n",
		"three lines");
	is_text(printed(4, print_flow), "  piece 1\n  piece 2\n  piece 3\n  piece 4\n  piece 5\n",
		"pieces are not broken");
}

static const char *nth(const void *items, size_t i)
{
	return ((const char *const *)items)[i];
}

static void test_jsonline(void)
{
	static const char *const texts[] = { "a\"b", "c\\d", "e\nf", "ü\xff" };
	struct jsonline line = { 0 };

	for (int i = 0; i < 2; i++) { /* it can be used again */
		jsonline_begin(&line);
		jsonline_known(&line, "unknown", UINT64_MAX);
		jsonline_known(&line, "zero", 0);
		jsonline_known(&line, "large", UINT64_MAX / 2);
		jsonline_integer(&line, "smallest", INT64_MIN);
		jsonline_text(&line, "text", "tab\t \"quoted\"");
		jsonline_text(&line, "none", NULL);
		jsonline_texts(&line, "texts", 4, nth, texts);
		jsonline_texts(&line, "empty", 0, nth, texts);
		jsonline_boolean(&line, "yes", true);
		jsonline_real(&line, "one", 1);
		jsonline_real(&line, "tiny", 1e-30);
		jsonline_real(&line, "third", 1.0 / 3);
		jsonline_finish(&line);
	}
	is_text(line.text,
		"{\"unknown\":null,\"zero\":0,\"large\":9223372036854775807,"
		"\"smallest\":-9223372036854775808,\"text\":\"tab\\\\x09 \\\"quoted\\\"\",\"none\":null,"
		"\"texts\":[\"a\\\"b\",\"c\\\\d\",\"e\\\\x0af\",\"ü\\\\xff\"],\"empty\":null,"
		"\"yes\":true,\"one\":1.0,\"tiny\":1e-30,\"third\":0.333333333333333}",
		"a JSON line");
	json_t *parsed = json_loads(line.text, JSON_REJECT_DUPLICATES, NULL);
	ok(json_object_size(parsed) == 12, "which a parser takes");
	json_decref(parsed);
	jsonline_free(&line);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	test_expand();
	test_clean();
	test_fit();
	test_table();
	test_flow();
	test_jsonline();
	return done_testing();
}
