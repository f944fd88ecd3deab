/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip endpoints, connections, threads: tables of the same figures. */
#include "analyzer/cmd/view.h"
#include "analyzer/reports/groups.h"

static struct table_options options;

static const struct option_spec own_options[] = {
	{ .name = "sort", .value = "KEY", .choices = group_keys,
	  .offset = offsetof(struct table_options, sort),
	  .help = "largest first by KEY: total (default: the time waited),\n"
		  "trips, failed, pending, sent, received, mean, stdev, min,\n"
		  "p50, p95, p99, max" },
	{ .name = "top", .letter = 'n', .value = "N", .set = option_number,
	  .offset = offsetof(struct table_options, top),
	  .help = "show the first N (default: all)" },
	{ .name = NULL },
};

static const struct option_group groups[] = {
	{ "Options", own_options, &options },
	FILTER_GROUP,
	OUTPUT_GROUP,
	END_OF_GROUPS,
};

static const struct option_group connections_groups[] = {
	{ "Options", own_options, &options },
	FILTER_GROUP,
	NAMES_GROUP,
	OUTPUT_GROUP,
	END_OF_GROUPS,
};

#define FIGURES \
	"\n" \
	"Figures of each: round trips, failures, bytes, the time waited in all; and of the\n" \
	"latency mean, standard deviation, minimum, median, 95th and 99th percentile and\n" \
	"maximum.  The bar is the share of all waiting.  Narrow lines have fewer columns."

static const struct command endpoints_command = {
	.name = "endpoints",
	.description =
		"Whom the program asked, and what it asked them: a line for each remote address,\n"
		"protocol and kind of request; where the program is the server, for each of its\n"
		"own addresses.\n" FIGURES,
	.groups = groups,
};

static const struct command connections_command = {
	.name = "connections",
	.description =
		"Every connection: its peer, when it was opened and how long it lasted, how long\n"
		"connecting took or how it failed.\n" FIGURES,
	.groups = connections_groups,
};

static const struct command threads_command = {
	.name = "threads",
	.description =
		"Every thread that used the network: how long it was blocked in calls and waits,\n"
		"and which share that is of its time: from its first call, or the wait before\n"
		"it, to its last.\n" FIGURES,
	.groups = groups,
};

int cmd_endpoints(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &endpoints_view, .options = &options };

	return view_main(&endpoints_command, &plan, 1, argc, argv);
}

int cmd_connections(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &connections_view, .options = &options };

	return view_main(&connections_command, &plan, 1, argc, argv);
}

int cmd_threads(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &threads_view, .options = &options };

	return view_main(&threads_command, &plan, 1, argc, argv);
}
