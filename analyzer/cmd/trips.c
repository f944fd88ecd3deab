/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip trips */
#include "analyzer/cmd/view.h"

static const struct option_group groups[] = { FILTER_GROUP, NAMES_GROUP, OUTPUT_GROUP,
					      END_OF_GROUPS };

static const struct command command = {
	.name = "trips",
	.description =
		"Every round trip on a line of its own, in order of start.  With --json each line\n"
		"is an object, with the whole stack, outermost function first.",
	.groups = groups,
};

int cmd_trips(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &trips_view };

	return view_main(&command, &plan, 1, argc, argv);
}
