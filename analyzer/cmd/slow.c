/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip slow */
#include "analyzer/cmd/view.h"

static struct slow_options options = { .top = 10 };

static const struct option_spec own_options[] = {
	{ .name = "top", .letter = 'n', .value = "N", .set = option_number,
	  .offset = offsetof(struct slow_options, top),
	  .help = "show the N slowest (default: 10)" },
	{ .name = "threshold", .value = "TIME", .set = option_duration,
	  .offset = offsetof(struct slow_options, threshold_ns),
	  .help = "only those that took TIME or longer (default: 0)" },
	{ .name = "full", .set = option_switch,
	  .offset = offsetof(struct slow_options, full),
	  .help = "print whole stacks, not only the innermost five functions" },
	{ .name = "all", .set = option_switch,
	  .offset = offsetof(struct slow_options, all),
	  .help = "those too that wait by design: subscriptions, long polls" },
	{ .name = "source-lines", .value = "N", .set = option_number,
	  .offset = offsetof(struct slow_options, source_lines),
	  .help = "print N lines of the source before and after the one\n"
		  "of each frame, where the file is there" },
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
	.name = "slow",
	.description =
		"The slowest round trips: their phases (connect for the first one on its\n"
		"connection, send, wait, receive), the peer, when and by whom, and the stack that\n"
		"asked, innermost function first.  Unanswered ones have no duration and are not\n"
		"ranked.",
	.groups = groups,
};

int cmd_slow(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &slow_view, .options = &options };

	return view_main(&command, &plan, 1, argc, argv);
}
