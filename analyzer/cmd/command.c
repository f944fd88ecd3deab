/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all subcommands have in common. */
#include "analyzer/cmd/command.h"

#include <stdarg.h>
#include <string.h>

void command_complain(const struct command *c, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "traceroundtrip %s: ", c->name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static void print_help(const struct command *c)
{
	printf("Usage: traceroundtrip %s %s\n\n%s\n", c->name,
	       c->usage ? c->usage : "[OPTION]... [TRACE]...", c->description);
	if (!c->usage || strstr(c->usage, "TRACE"))
		printf("\nTRACE is a trace file, a folder of them, or an archive (traceroundtrip archive);\n"
		       "without one it is $TRACEROUNDTRIP_OUTPUT or ./traceroundtrip.data.\n");
	options_print(stdout, c->groups);
	printf("  -h, --help            print this help\n");
}

int command_begin(const struct command *c, int argc, char **argv, int *first)
{
	/* For the completions of shells; not in the help. */
	if (argc == 2 && strcmp(argv[1], "--list-options") == 0) {
		options_list(stdout, c->groups);
		return EXIT_DONE;
	}
	switch (options_parse(c->name, c->groups, c->runs_program, argc, argv, first)) {
	case OPTIONS_DONE:
		return -1;
	case OPTIONS_HELP:
		print_help(c);
		return EXIT_DONE;
	case OPTIONS_WRONG:
		break;
	}
	return EXIT_USAGE;
}
