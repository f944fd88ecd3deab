/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A written list of calls, and the round trips that the model must find in it. */
#ifndef TESTS_UNIT_MODEL_CASE_H
#define TESTS_UNIT_MODEL_CASE_H

#include "tests/unit/print.h"
#include "tests/unit/script.h"
#include "tests/unit/tap.h"

struct model_case {
	const char *name;
	const char *script;
	const char *wanted; /* see print_trips() */
};

static inline void print_warning(const char *line)
{
	printf("# warning: %s\n", line);
}

/* path: of the trace, which is left behind */
static inline void test_model_case(const struct model_case *c, const char *path)
{
	struct recording *r;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	script_write(c->script, path);
	r = recording_open(&path, 1, print_warning, NULL);
	if (r)
		print_trips(r, out);
	fclose(out);
	is_text(text, c->wanted, c->name);
	recording_close(r);
	free(text);
}

#endif
