/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip annotate */
#include <stdlib.h>

#include "analyzer/cmd/view.h"
#include "analyzer/reports/figures.h"

static struct annotate_options options = { .context = 5 };

static const struct option_spec own_options[] = {
	{ .name = "by", .value = "WHAT", .choices = weight_names,
	  .offset = offsetof(struct annotate_options, by),
	  .help = "what counts: time (default: the time waited), trips,\n"
		  "bytes (sent and received), errors" },
	{ .name = "context", .value = "N", .set = option_count,
	  .offset = offsetof(struct annotate_options, context),
	  .help = "lines around those that made round trips (default: 5)" },
	{ .name = "whole", .set = option_switch,
	  .offset = offsetof(struct annotate_options, whole),
	  .help = "print whole files" },
	{ .name = "source-dir", .value = "FOLDER", .set = option_texts,
	  .offset = offsetof(struct annotate_options, source_dirs),
	  .help = "look for source files that are not where they were\n"
		  "compiled in FOLDER, too; may be repeated" },
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
	.name = "annotate",
	.usage = "[OPTION]... FILE|FUNCTION [TRACE]...",
	.description =
		"Source lines with the round trips and the waiting time of each in the margin:\n"
		"what went through the line, and in SELF what it asked itself.  FILE is the name\n"
		"of a source file, with as many of its folders as it takes; FUNCTION a name or a\n"
		"glob.  Each round trip counts once for a line.",
	.groups = groups,
};

int cmd_annotate(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &annotate_view, .options = &options };
	int first;
	int status = view_begin(&command, argc, argv, &first);

	if (status < 0 && first == argc) {
		command_complain(&command, "which file or function? See traceroundtrip hotspots");
		status = EXIT_USAGE;
	}
	if (status >= 0) {
		filter_free(&view_settings.filter);
	} else {
		options.wanted = argv[first];
		status = view_run(&command, &plan, 1, argv + first + 1, (size_t)(argc - first - 1));
	}
	free(options.source_dirs.items);
	return status;
}
