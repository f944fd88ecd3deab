/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip callers, callees: both ends of a function's calls. */
#include "analyzer/cmd/view.h"
#include "analyzer/reports/figures.h"

static struct callers_options options;

static const struct option_spec own_options[] = {
	{ .name = "by", .value = "WHAT", .choices = weight_names,
	  .offset = offsetof(struct callers_options, by),
	  .help = "largest first by WHAT: time (default: the time waited),\n"
		  "trips, bytes (sent and received), errors; shares are of\n"
		  "that" },
	GROUP_OPTION(struct callers_options, "a line for each function (default), source line or\n"
					     "module, and FUNCTION is one"),
	{ .name = "top", .letter = 'n', .value = "N", .set = option_number,
	  .offset = offsetof(struct callers_options, top),
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

#define USAGE "[OPTION]... FUNCTION [TRACE]..."
#define RECURSION \
	"FUNCTION is a name or a glob.  Where it is on a stack several times, the\n" \
	"outermost one's caller and the innermost one's callee count."

static const struct command callers_command = {
	.name = "callers",
	.usage = USAGE,
	.description =
		"Who calls a function on the way to the network: the round trips and the time\n"
		"waited through each call.\n" RECURSION,
	.groups = groups,
};

static const struct command callees_command = {
	.name = "callees",
	.usage = USAGE,
	.description =
		"Whom a function calls on the way to the network: the round trips and the time\n"
		"waited through each call.\n" RECURSION,
	.groups = groups,
};

static int run(const struct command *c, int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &callers_view, .options = &options };
	int first;
	int status = view_begin(c, argc, argv, &first);

	if (status < 0 && first == argc) {
		command_complain(c, "which function? See traceroundtrip hotspots");
		status = EXIT_USAGE;
	}
	if (status >= 0) {
		filter_free(&view_settings.filter);
		return status;
	}
	options.function = argv[first];
	return view_run(c, &plan, 1, argv + first + 1, (size_t)(argc - first - 1));
}

int cmd_callers(int argc, char **argv)
{
	return run(&callers_command, argc, argv);
}

int cmd_callees(int argc, char **argv)
{
	options.callees = true;
	return run(&callees_command, argc, argv);
}
