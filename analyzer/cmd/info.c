/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip info */
#include "analyzer/cmd/view.h"

static const struct option_group groups[] = {
	{ "Filters", process_filter_options, &view_settings },
	NAMES_GROUP,
	OUTPUT_GROUP,
	END_OF_GROUPS,
};

static const struct command command = {
	.name = "info",
	.description =
		"What the recording is made of: for each process its trace file, command, times,\n"
		"settings, what was counted and lost, what the library noted, and for each module\n"
		"where the names of its functions come from.",
	.groups = groups,
};

int cmd_info(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &info_view };

	return view_main(&command, &plan, 1, argc, argv);
}
