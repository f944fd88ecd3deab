/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip timeline */
#include <string.h>

#include "analyzer/cmd/view.h"

static struct timeline_options options = { .lanes = 24 };

static const char *set_by(void *member, const char *value)
{
	enum lane_kind *by = member;

	if (strcmp(value, "connection") == 0)
		*by = LANE_CONNECTION;
	else if (strcmp(value, "thread") == 0)
		*by = LANE_THREAD;
	else
		return "connection or thread";
	return NULL;
}

static const struct option_spec own_options[] = {
	{ "by", 0, "WHAT", set_by, offsetof(struct timeline_options, by),
	  "a lane for each connection (default) or thread" },
	{ "lanes", 0, "N", option_number, offsetof(struct timeline_options, lanes),
	  "show the N busiest ones (default: 24)" },
	{ NULL },
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
