/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip export */
#include <unistd.h>

#include "analyzer/cmd/view.h"
#include "analyzer/export/export.h"

static struct export_options options = { .format = -1, .group = -1 };

static const struct option_spec own_options[] = {
	{ .name = "format", .letter = 'f', .value = "FORMAT", .choices = export_formats,
	  .offset = offsetof(struct export_options, format),
	  .help = "folded (flamegraph.pl, inferno), speedscope, callgrind\n"
		  "(callgrind_annotate, KCachegrind) or pprof" },
	{ .name = "output", .letter = 'o', .value = "FILE", .set = option_text,
	  .offset = offsetof(struct export_options, path),
	  .help = "write to FILE (default: standard output)" },
	{ .name = "weight", .value = "WEIGHT", .choices = weight_names,
	  .offset = offsetof(struct export_options, weight),
	  .help = "what a round trip weighs: time (default: the time waited\n"
		  "for its answer), trips (one), bytes (sent and received),\n"
		  "errors (one if it failed); callgrind and pprof have all,\n"
		  "this one first" },
	GROUP_OPTION(struct export_options, "what a frame is: function (default), line (default\n"
					    "for callgrind and pprof) or module"),
	{ .name = "with-peer", .set = option_switch,
	  .offset = offsetof(struct export_options, with_peer),
	  .help = "whom a round trip asked, and what, as innermost frames" },
	{ .name = NULL },
};

static const struct option_group groups[] = {
	{ "Options", own_options, &options },
	FILTER_GROUP,
	NAMES_GROUP,
	END_OF_GROUPS,
};

static const struct command command = {
	.name = "export",
	.usage = "--format FORMAT [-o FILE] [OPTION]... [TRACE]...",
	.description =
		"Writes the round trips, added up by the stacks that made them, for another\n"
		"program to show.",
	.groups = groups,
};

int cmd_export(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &export_view, .options = &options };
	int first;
	int status = view_begin(&command, argc, argv, &first);

	if (status < 0 && options.format < 0) {
		command_complain(&command, "which format? --format is one of folded, speedscope, "
					   "callgrind, pprof");
		status = EXIT_USAGE;
	} else if (status < 0 && !options.path && export_is_binary(options.format) &&
		   isatty(STDOUT_FILENO)) {
		command_complain(&command, "%s is nothing for a terminal: give a file with -o",
				 export_formats[options.format]);
		status = EXIT_USAGE;
	}
	if (status >= 0) {
		filter_free(&view_settings.filter);
		return status;
	}
	return view_run(&command, &plan, 1, argv + first, (size_t)(argc - first));
}
