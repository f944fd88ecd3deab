/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all subcommands have in common: their help, their options, their exit statuses. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "analyzer/util/options.h"

enum exit_status {
	EXIT_DONE = 0,
	EXIT_NOTHING = 1, /* nothing to report, or an input failed */
	EXIT_USAGE = 2,   /* wrong usage: one line on stderr says what */
};

/* How a subcommand is told and called. */
struct command {
	const char *name;
	const char *usage;       /* what follows its name; NULL: options and traces */
	const char *description; /* for --help: lines of at most 80 columns */
	const struct option_group *groups;
	bool runs_program;       /* the first operand is a program, and what follows is its */
};

/*
 * Takes the options.  Returns -1 to go on with the operands from argv[*first],
 * else the exit status: --help has been answered, or a mistake told.
 */
int command_begin(const struct command *c, int argc, char **argv, int *first);

/* One line on stderr, "traceroundtrip NAME: ...". */
__attribute__((format(printf, 2, 3))) void command_complain(const struct command *c,
							     const char *format, ...);

/* The subcommands: argv[0] is their name; they return the exit status. */
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_summary(int argc, char **argv);
int cmd_tree(int argc, char **argv);
int cmd_timeline(int argc, char **argv);
int cmd_slow(int argc, char **argv);
int cmd_endpoints(int argc, char **argv);
int cmd_connections(int argc, char **argv);
int cmd_threads(int argc, char **argv);
int cmd_hotspots(int argc, char **argv);
int cmd_annotate(int argc, char **argv);
int cmd_callers(int argc, char **argv);
int cmd_callees(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_trips(int argc, char **argv);
int cmd_messages(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_archive(int argc, char **argv);
int cmd_anonymize(int argc, char **argv);

#endif
