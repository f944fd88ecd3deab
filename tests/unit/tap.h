/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Test results in the Test Anything Protocol, which meson reads. */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int tap_count, tap_failed;

/* One result, with what it is about as by printf.  Returns passed. */
__attribute__((format(printf, 2, 3))) static inline bool ok(bool passed, const char *format, ...)
{
	va_list arguments;

	printf("%sok %u - ", passed ? "" : "not ", ++tap_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	tap_failed += !passed;
	return passed;
}

static inline bool is_number(uint64_t got, uint64_t wanted, const char *what)
{
	if (!ok(got == wanted, "%s", what))
		printf("# got %" PRIu64 ", wanted %" PRIu64 "\n", got, wanted);
	return got == wanted;
}

static inline void tap_print_lines(const char *head, const char *text)
{
	printf("# %s:\n", head);
	for (const char *line = text; *line;) {
		int length = (int)strcspn(line, "\n");

		printf("#   %.*s\n", length, line);
		line += length + (line[length] == '\n');
	}
}

static inline bool is_text(const char *got, const char *wanted, const char *what)
{
	bool same = strcmp(got, wanted) == 0;

	if (!ok(same, "%s", what)) {
		tap_print_lines("got", got);
		tap_print_lines("wanted", wanted);
	}
	return same;
}

/* The plan, which tells a test that ended early.  Returns the exit status. */
static inline int done_testing(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
