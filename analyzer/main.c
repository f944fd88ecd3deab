/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The traceroundtrip command: finds the subcommand and lets it do the work. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/cmd/command.h"
#include "analyzer/util/text.h"

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} subcommands[] = {
	{ "record", cmd_record, "run a program and record its round trips" },
	{ "report", cmd_report, "everything, to read from top to bottom" },
	{ "summary", cmd_summary, "all of it on one screen" },
	{ "tree", cmd_tree, "which code makes the round trips" },
	{ "timeline", cmd_timeline, "when they happened, and what ran at the same time" },
	{ "slow", cmd_slow, "the slowest ones, with phases and stacks" },
	{ "endpoints", cmd_endpoints, "by address and kind of request" },
	{ "connections", cmd_connections, "by connection" },
	{ "threads", cmd_threads, "by thread, and how long each was blocked" },
	{ "hotspots", cmd_hotspots, "by function" },
	{ "callers", cmd_callers, "who calls a function" },
	{ "callees", cmd_callees, "whom a function calls" },
	{ "annotate", cmd_annotate, "source lines with the round trips of each" },
	{ "export", cmd_export, "for flame graphs, speedscope, KCachegrind, pprof" },
	{ "trips", cmd_trips, "every round trip, a line each" },
	{ "messages", cmd_messages, "what protocols' decoders found, a line each" },
	{ "dump", cmd_dump, "every recorded call, a line each" },
	{ "info", cmd_info, "what the recording is made of" },
	{ "archive", cmd_archive, "pack it with its names, for another machine" },
	{ "anonymize", cmd_anonymize, "the same without whose it is, for bug reports" },
};

#define SUBCOMMAND_COUNT (sizeof(subcommands) / sizeof(subcommands[0]))

static void print_help(void)
{
	printf("Usage: traceroundtrip COMMAND [OPTION]...\n\n"
	       "Shows which network round trips a program makes, from which code, and how long\n"
	       "each takes.  The program needs no change and you need no rights.\n\n"
	       "  traceroundtrip record ./app     run it and record\n"
	       "  traceroundtrip report           look at it\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		printf("  %-12s %s\n", subcommands[i].name, subcommands[i].summary);
	printf("\ntraceroundtrip COMMAND --help tells a command's options; so does its man page,\n"
	       "traceroundtrip-COMMAND(1).  traceroundtrip --version prints the version.\n");
}

/* For the completions of shells. */
static void list_commands(void)
{
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		printf("%s:%s\n", subcommands[i].name, subcommands[i].summary);
}

static int run_global(const char *option)
{
	char clean[256];

	if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
		print_help();
	} else if (strcmp(option, "--version") == 0 || strcmp(option, "-V") == 0) {
		puts("traceroundtrip " TRACEROUNDTRIP_VERSION);
	} else if (strcmp(option, "--list-commands") == 0) {
		list_commands();
	} else {
		fprintf(stderr, "traceroundtrip: no such %s '%s'; see traceroundtrip --help\n",
			option[0] == '-' ? "option" : "command",
			text_clean(option, false, clean, sizeof(clean)));
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static int run(int argc, char **argv)
{
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
		if (strcmp(argv[0], subcommands[i].name) == 0)
			return subcommands[i].run(argc, argv);
	}
	return run_global(argv[0]);
}

int main(int argc, char **argv)
{
	char help[] = "--help";

	/* The characters of the user's terminal, and nothing else: numbers look alike everywhere. */
	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		fprintf(stderr, "traceroundtrip: which command? See traceroundtrip --help\n");
		return EXIT_USAGE;
	}
	/* traceroundtrip help COMMAND, as git has it */
	if (strcmp(argv[1], "help") == 0)
		return argc == 2 ? run_global(help) : run(2, (char *[]){ argv[2], help, NULL });
	return run(argc - 1, argv + 1);
}
