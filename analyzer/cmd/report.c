/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip report */
#include "analyzer/cmd/view.h"

#define TOP 10

static const struct table_options top = { .top = TOP };
static const struct hotspots_options hotspots = { .top = TOP };
static const struct tree_options tree = { .min_share = -1 };
static const struct slow_options slow = { .top = 5 };
static const struct timeline_options timeline = { .lanes = 16 };

static const struct view_plan plans[] = {
	{ &summary_view, NULL, NULL, NULL },
	{ &endpoints_view, &top, "Endpoints", "whom it asked" },
	{ &tree_view, &tree, "Call tree", "which code asked, from main inwards" },
	{ &hotspots_view, &hotspots, "Hotspots", "functions that call the network" },
	{ &slow_view, &slow, "Slowest round trips", NULL },
	{ &timeline_view, &timeline, "Timeline", "what ran at the same time" },
	{ &connections_view, &top, "Connections", NULL },
	{ &threads_view, &top, "Threads", NULL },
};

static const struct option_group groups[] = { FILTER_GROUP, NAMES_GROUP, OUTPUT_GROUP,
					      END_OF_GROUPS };

static const struct command command = {
	.name = "report",
	.description =
		"Everything, to read from top to bottom: what was lost if anything was, the\n"
		"summary, endpoints, call tree, hotspots, the slowest round trips, the timeline,\n"
		"connections and threads.  Each part is also a command of its own, with more\n"
		"options.",
	.groups = groups,
};

int cmd_report(int argc, char **argv)
{
	return view_main(&command, plans, sizeof(plans) / sizeof(plans[0]), argc, argv);
}
