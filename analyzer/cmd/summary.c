/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip summary */
#include "analyzer/cmd/view.h"

static const struct option_group groups[] = { FILTER_GROUP, NAMES_GROUP, OUTPUT_GROUP,
					      END_OF_GROUPS };

static const struct command command = {
	.name = "summary",
	.description =
		"The whole recording on one screen: what ran, how many round trips it made, how\n"
		"long they took, how many failed, and what was lost.\n"
		"\n"
		"Filters by process and peer choose connections, whose calls and bytes are all\n"
		"counted; with any other filter only those of the round trips that pass are.",
	.groups = groups,
};

int cmd_summary(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &summary_view };

	return view_main(&command, &plan, 1, argc, argv);
}
