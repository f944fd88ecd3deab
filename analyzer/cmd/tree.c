/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip tree */
#include "analyzer/cmd/view.h"

static struct tree_options options = { .min_share = -1 };

static const struct option_spec own_options[] = {
	{ .name = "max-depth", .value = "N", .set = option_number,
	  .offset = offsetof(struct tree_options, max_depth),
	  .help = "leave out what is deeper than N functions (default: all)" },
	{ .name = "min-share", .value = "PERCENT", .set = option_percent,
	  .offset = offsetof(struct tree_options, min_share),
	  .help = "leave out what has less than PERCENT of all waiting\n"
		  "time and of all round trips (default: 0.5, with\n"
		  "--json 0)" },
	GROUP_OPTION(struct tree_options, "a line for each function (default), source line or\n"
					  "module"),
	{ .name = "invert", .set = option_switch,
	  .offset = offsetof(struct tree_options, invert),
	  .help = "start with the functions that made the calls, and go out\n"
		  "to their callers" },
	{ .name = "no-fold", .set = option_switch,
	  .offset = offsetof(struct tree_options, no_fold),
	  .help = "show recursion as it was, a line for each call" },
	{ .name = NULL },
};

static const struct option_group groups[] = {
	{ "Options", own_options, &options },
	FILTER_GROUP,
	NAMES_GROUP,
	OUTPUT_GROUP,
	END_OF_GROUPS,
};

static const struct command command = {
	.name = "tree",
	.description =
		"Which code makes the round trips: the functions from main (or a thread's first\n"
		"function) inwards to the caller of the network function, each with the round\n"
		"trips made at or below it, the time waited for their answers, its share of all\n"
		"waiting, and mean, 95th percentile and maximum.  The source line is that of the\n"
		"call, where all went through one.\n"
		"\n"
		"A function is indented only where its caller calls several; in less than 100\n"
		"columns such runs share a line.  \"by itself\" is what a function asked without\n"
		"the functions below it.  Where a function is called again by what it called,\n"
		"it is one line, marked \"recursive\", and what was between is left out.",
	.groups = groups,
};

int cmd_tree(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &tree_view, .options = &options };

	return view_main(&command, &plan, 1, argc, argv);
}
