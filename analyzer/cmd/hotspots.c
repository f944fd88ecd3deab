/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip hotspots */
#include "analyzer/cmd/view.h"
#include "analyzer/reports/figures.h"

static struct hotspots_options options;

static const struct option_spec own_options[] = {
	{ .name = "by", .value = "WHAT", .choices = weight_names,
	  .offset = offsetof(struct hotspots_options, by),
	  .help = "what counts: time (default: the time waited), trips,\n"
		  "bytes (sent and received), errors" },
	GROUP_OPTION(struct hotspots_options, "a line for each function (default), source line or\n"
					      "module"),
	{ .name = "sort", .value = "KEY", .choices = hotspots_keys,
	  .offset = offsetof(struct hotspots_options, sort),
	  .help = "largest first by KEY: self (default), cumulative; bars\n"
		  "and shares are of that" },
	{ .name = "top", .letter = 'n', .value = "N", .set = option_number,
	  .offset = offsetof(struct hotspots_options, top),
	  .help = "show the first N (default: all)" },
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
	.name = "hotspots",
	.description =
		"Functions by the round trips they make.  SELF is what a function waited that\n"
		"called into the network itself; CUMULATIVE adds what the functions waited that\n"
		"it called, each round trip counted once however often the function is on the\n"
		"stack.  Failures, bytes and latencies are cumulative.",
	.groups = groups,
};

int cmd_hotspots(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &hotspots_view, .options = &options };

	return view_main(&command, &plan, 1, argc, argv);
}
