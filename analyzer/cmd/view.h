/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one way from traces to what is printed: reads them once for any number of views. */
#ifndef CMD_VIEW_H
#define CMD_VIEW_H

#include "analyzer/cmd/command.h"
#include "analyzer/reports/view.h"

/* What every view's command line may set. */
struct view_settings {
	struct filter filter;
	struct symbols_options symbols;
	int color;      /* enum color_choice */
	uint64_t width; /* 0: the terminal's */
	bool json, no_pager, raw_names;
};

/* The process's settings: a command line is read once. */
extern struct view_settings view_settings;

/* The options common to views, as groups for a command's table. */
extern const struct option_spec filter_options[], call_filter_options[], process_filter_options[];
extern const struct option_spec connection_filter_options[];
extern const struct option_spec names_options[], search_options[], output_options[];

#define FILTER_GROUP { "Filters (repeated ones add up, different ones must all match)", \
		       filter_options, &view_settings }
/* What --group chooses from, in the order of enum frame_grouping. */
extern const char *const frame_groupings[];
#define GROUP_OPTION(options, words) \
	{ .name = "group", .value = "WHAT", .choices = frame_groupings, \
	  .offset = offsetof(options, group), .help = words }

#define NAMES_GROUP { "Names of functions", names_options, &view_settings }
#define OUTPUT_GROUP { "Output", output_options, &view_settings }
#define END_OF_GROUPS { .title = NULL }

struct view_plan {
	const struct view_ops *ops;
	const void *options;
	const char *title, *about; /* for the report; NULL: without a title */
};

/*
 * Takes a command's options, then reads the traces that argv names and prints
 * the views.  Returns the exit status.
 */
int view_main(const struct command *c, const struct view_plan *plans, size_t count, int argc,
	      char **argv);

/* The same in two steps, for commands with operands of their own: argv[first] on are traces. */
int view_begin(const struct command *c, int argc, char **argv, int *first);
int view_run(const struct command *c, const struct view_plan *plans, size_t count,
	     char **traces, size_t trace_count);

#endif
