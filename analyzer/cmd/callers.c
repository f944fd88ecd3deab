/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip callers */
#include "analyzer/cmd/view.h"

static struct callers_options options;

static const struct option_spec own_options[] = {
	{ .name = "top", .letter = 'n', .value = "N", .set = option_number,
	  .offset = offsetof(struct callers_options, top),
	  .help = "show the first N callers and callees (default: all)" },
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
	.name = "callers",
	.usage = "[OPTION]... FUNCTION [TRACE]...",
	.description =
		"Who calls a function on the way to the network, and what it calls there, with\n"
		"the round trips and the time waited of each.  FUNCTION is a name or a glob.",
	.groups = groups,
};

int cmd_callers(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &callers_view, .options = &options };
	int first;
	int status = view_begin(&command, argc, argv, &first);

	if (status < 0 && first == argc) {
		command_complain(&command, "which function? See traceroundtrip hotspots");
		status = EXIT_USAGE;
	}
	if (status >= 0) {
		filter_free(&view_settings.filter);
		return status;
	}
	options.function = argv[first];
	return view_run(&command, &plan, 1, argv + first + 1, (size_t)(argc - first - 1));
}
