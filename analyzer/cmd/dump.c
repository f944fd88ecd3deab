/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip dump */
#include "analyzer/cmd/view.h"

static struct dump_options options;

static const struct option_spec own_options[] = {
	{ .name = "stacks", .set = option_switch,
	  .offset = offsetof(struct dump_options, stacks),
	  .help = "print each call's stack below it (not with --json)" },
	{ .name = "source-lines", .value = "N", .set = option_number,
	  .offset = offsetof(struct dump_options, source_lines),
	  .help = "with --stacks: print N lines of the source before and\n"
		  "after the one of each frame, where the file is there" },
	{ .name = NULL },
};

static const struct option_group groups[] = {
	{ "Options", own_options, &options },
	{ "Filters (repeated ones add up, different ones must all match)", call_filter_options,
	  &view_settings },
	NAMES_GROUP,
	OUTPUT_GROUP,
	END_OF_GROUPS,
};

static const struct command command = {
	.name = "dump",
	.description =
		"Every recorded call on a line of its own, in order, as strace shows them: when,\n"
		"thread, call, result, duration, connection, and the offset of its first byte in\n"
		"its direction of the connection.  With --json each line is an object.",
	.groups = groups,
};

int cmd_dump(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &dump_view, .options = &options };

	return view_main(&command, &plan, 1, argc, argv);
}
