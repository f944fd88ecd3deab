/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip archive, anonymize */
#include "analyzer/archive/archive.h"
#include "analyzer/cmd/inputs.h"
#include "analyzer/cmd/view.h"
#include "analyzer/util/units.h"

static const char *output;

static const struct option_spec own_options[] = {
	{ .name = "output", .letter = 'o', .value = "FILE", .set = option_text,
	  .offset = 0,
	  .help = "write to FILE (default: traceroundtrip.tar.gz)" },
	{ .name = NULL },
};

static const struct option_group groups[] = {
	{ "Options", own_options, &output },
	{ "Names of functions", search_options, &view_settings },
	END_OF_GROUPS,
};

static const struct command archive_command = {
	.name = "archive",
	.description =
		"Packs a recording into one file, with the names of the functions, files and\n"
		"lines in its stacks as they are known on this machine.  Every view reads the\n"
		"file, on any machine, and shows the same names.",
	.groups = groups,
};

static const struct command anonymize_command = {
	.name = "anonymize",
	.description =
		"Packs a recording into one file, as traceroundtrip archive does, but without\n"
		"host names, addresses, paths, arguments and payload: for bug reports.  What is\n"
		"left: names of programs, threads, libraries, functions and source files, times,\n"
		"sizes and ports.  What was equal still is: one address becomes the same other\n"
		"one everywhere.",
	.groups = groups,
};

static int pack(const struct command *c, bool anonymous, int argc, char **argv)
{
	struct archive_counts counts;
	size_t failed = 0;
	int first, status = view_begin(c, argc, argv, &first);
	char size[UNIT_TEXT_BYTES], traces[UNIT_TEXT_BYTES];

	if (status >= 0)
		return status;
	if (!output)
		output = "traceroundtrip.tar.gz";
	struct recording *r = inputs_open(argv + first, (size_t)(argc - first),
					  &view_settings.symbols, &failed);
	if (r) {
		struct symbols *s = symbols_new(&view_settings.symbols);
		const char *problem = archive_pack(output, r, s, anonymous, &counts);
		symbols_free(s);
		recording_close(r);
		if (problem)
			command_complain(c, "%s", problem);
		else
			fprintf(stderr, "traceroundtrip: %s traces and the names of %s modules in %s, %s\n",
				count_format(counts.traces, traces),
				count_format(counts.modules, (char[UNIT_TEXT_BYTES]){ 0 }), output,
				size_format(counts.bytes, size));
		failed += problem != NULL;
	}
	inputs_close();
	return r && !failed ? EXIT_DONE : EXIT_NOTHING;
}

int cmd_archive(int argc, char **argv)
{
	return pack(&archive_command, false, argc, argv);
}

int cmd_anonymize(int argc, char **argv)
{
	return pack(&anonymize_command, true, argc, argv);
}
