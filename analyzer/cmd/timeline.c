/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip timeline */
#include "analyzer/cmd/view.h"

static struct timeline_options options = { .lanes = 24 };

/* In the order of enum lane_kind. */
static const char *const lane_kinds[] = { "connection", "thread", NULL };

static const struct option_spec own_options[] = {
	{ .name = "by", .value = "WHAT", .choices = lane_kinds,
	  .offset = offsetof(struct timeline_options, by),
	  .help = "a lane for each connection (default) or thread" },
	{ .name = "lanes", .value = "N", .set = option_number,
	  .offset = offsetof(struct timeline_options, lanes),
	  .help = "show the N busiest ones (default: 24)" },
	{ .name = NULL },
};

static const struct option_group groups[] = {
	{ "Options", own_options, &options },
	FILTER_GROUP,
	OUTPUT_GROUP,
	END_OF_GROUPS,
};

static const struct command command = {
	.name = "timeline",
	.description =
		"When round trips happened and what ran at the same time: a lane for each\n"
		"connection or thread, from left to right as time goes.  Marks tell connecting,\n"
		"sending, waiting, receiving and failures; behind a lane stands how many round\n"
		"trips it had.  --since and --until zoom in.",
	.groups = groups,
};

int cmd_timeline(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &timeline_view, .options = &options };

	return view_main(&command, &plan, 1, argc, argv);
}
