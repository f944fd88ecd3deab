/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes golden traces: writes the trace that a script describes and prints what the
 * reader and the model make of it.
 *
 *	script_tool SCRIPT TRACE >TEXT
 */
#include <err.h>

#include "tests/unit/print.h"
#include "tests/unit/script.h"

static void print_line(const char *line)
{
	warnx("%s", line);
}

int main(int argc, char **argv)
{
	char text[20000] = "";
	struct recording *r;
	FILE *in;

	if (argc != 3)
		errx(2, "usage: script_tool SCRIPT TRACE >TEXT");
	in = fopen(argv[1], "r");
	if (!in)
		err(1, "%s", argv[1]);
	text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
	fclose(in);
	script_write(text, argv[2]);
	r = recording_open((const char *const *)argv + 2, 1, print_line, NULL);
	if (!r)
		return 1;
	print_recording(r, stdout);
	recording_close(r);
	return 0;
}
