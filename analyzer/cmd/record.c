/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip record: runs a program with the library in it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/cmd/closing.h"
#include "analyzer/cmd/command.h"
#include "analyzer/cmd/launch.h"
#include "analyzer/cmd/library.h"
#include "analyzer/cmd/output.h"
#include "analyzer/cmd/program.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

#define DEFAULT_OUTPUT "traceroundtrip.data"
#define DEFAULT_MAX_SIZE "4G"

/* As on the command line; NULL, -1 or UINT64_MAX: the environment's or the default. */
struct record_options {
	const char *output;
	int detail; /* its place in details; -1: not set */
	uint64_t capture, stack_depth, max_bytes, slow_ns;
	bool anyway, quiet;
};

static struct record_options options = {
	.detail = -1,
	.capture = UINT64_MAX,
	.stack_depth = UINT64_MAX,
	.max_bytes = UINT64_MAX,
	.slow_ns = UINT64_MAX,
};

static const char *set_capture(void *member, const char *value)
{
	return count_parse(value, 0, 1024, member) ? NULL : "a number of bytes from 0 to 1024";
}

static const char *set_stack_depth(void *member, const char *value)
{
	return count_parse(value, 0, 256, member) ? NULL : "a number of frames from 0 to 256";
}

static const char *set_max_size(void *member, const char *value)
{
	return size_parse(value, member) && *(uint64_t *)member >= 1 << 20
		       ? NULL
		       : "a size of at least 1M, such as 512M or 4G";
}

static const char *const details[] = { "coarse", "medium", "fine", NULL };

#define OPTION(member) offsetof(struct record_options, member)

static const struct option_spec specs[] = {
	{ .name = "output", .letter = 'o', .value = "DIR", .set = option_text,
	  .offset = OPTION(output),
	  .help = "write traces to DIR (default: $TRACEROUNDTRIP_OUTPUT or\n"
		  "traceroundtrip.data); a recording that is there is renamed\n"
		  "to DIR.old" },
	{ .name = "detail", .value = "HOW", .choices = details,
	  .offset = OPTION(detail),
	  .help = "coarse: calls and times; medium (default): and stacks and\n"
		  "the heads of messages; fine: and waits and failed tries" },
	{ .name = "capture", .value = "BYTES", .set = set_capture,
	  .offset = OPTION(capture),
	  .help = "keep that much of a call's data, which names requests:\n"
		  "0 to 1024 (default: 256; 0 keeps none)" },
	{ .name = "stack-depth", .value = "N", .set = set_stack_depth,
	  .offset = OPTION(stack_depth),
	  .help = "keep N frames of a stack: 0 to 256 (default: 128)" },
	{ .name = "max-size", .value = "SIZE", .set = set_max_size,
	  .offset = OPTION(max_bytes),
	  .help = "of each trace file; then the oldest calls are overwritten\n"
		  "(default: 4G, and never more than half of the free disk)" },
	{ .name = "slow", .value = "TIME", .set = option_duration,
	  .offset = OPTION(slow_ns),
	  .help = "tell on stderr, while the program runs, of round trips\n"
		  "slower than TIME: 250us, 1.5ms, 2s (default: off)" },
	{ .name = "anyway", .set = option_switch,
	  .offset = OPTION(anyway),
	  .help = "run the program even if it cannot be recorded" },
	{ .name = "quiet", .letter = 'q', .set = option_switch,
	  .offset = OPTION(quiet),
	  .help = "print nothing, neither now nor from within the program" },
	{ .name = NULL },
};

static const struct option_group groups[] = {
	{ "Options", specs, &options },
	{ .title = NULL },
};

static const struct command command = {
	.name = "record",
	.usage = "[OPTION]... [--] PROGRAM [ARGUMENT]...",
	.description =
		"Runs PROGRAM and records its round trips, and those of the processes it starts,\n"
		"with the code that made them.  Signals are passed on; it ends as PROGRAM ends,\n"
		"with its exit status or by the signal that killed it.\n"
		"\n"
		"PROGRAM is not run, and the exit status is 1, if it cannot be recorded:\n"
		"statically linked, for another machine or C library, set-user-id (see --anyway).\n"
		"If the traces cannot be written it is run all the same.",
	.groups = groups,
	.runs_program = true,
};

/* One line about recording, unless --quiet. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list arguments;

	if (options.quiet)
		return;
	fputs("traceroundtrip record: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

/* Says what speaks against the program; false if it must not be run. */
static bool accept(const struct program *program)
{
	char subject[PATH_MAX], words[sizeof(program->words)];

	if (program->verdict == PROGRAM_GOOD)
		return true;
	text_clean(program->subject, true, subject, sizeof(subject));
	text_clean(program->words, true, words, sizeof(words));
	if (program->verdict == PROGRAM_WARNING) {
		say("%s %s", subject, words);
	} else if (program->verdict == PROGRAM_MISSING) {
		command_complain(&command, "%s: %s", subject, words);
	} else if (options.anyway) {
		say("%s %s; running it all the same", subject, words);
	} else {
		command_complain(&command, "%s %s; --anyway runs it all the same", subject, words);
	}
	return program->verdict == PROGRAM_WARNING || options.anyway;
}

static void set_text(const char *name, const char *value)
{
	char variable[64];

	snprintf(variable, sizeof(variable), "TRACEROUNDTRIP_%s", name);
	if (value)
		setenv(variable, value, 1);
}

static void set_number(const char *name, uint64_t value, const char *unit)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64 "%s", value, unit);
	if (value != UINT64_MAX)
		set_text(name, text);
}

static void set_environment(const struct output *output)
{
	set_text("OUTPUT", output->path);
	set_text("DETAIL", options.detail < 0 ? NULL : details[options.detail]);
	set_number("CAPTURE", options.capture, "");
	set_number("STACK_DEPTH", options.stack_depth, "");
	set_number("MAX_SIZE", options.max_bytes, "");
	set_number("SLOW", options.slow_ns, "ns");
	set_text("QUIET", options.quiet ? "1" : NULL);
	setenv("TRACEROUNDTRIP_MAX_SIZE", DEFAULT_MAX_SIZE, 0);
	unsetenv("TRACEROUNDTRIP_DISABLE");
}

static const char *output_name(void)
{
	const char *environment = getenv("TRACEROUNDTRIP_OUTPUT");

	if (options.output)
		return options.output;
	return environment && *environment ? environment : DEFAULT_OUTPUT;
}

/* Returns EXIT_DONE, and sets *recorded to whether there is a place to record to. */
static int prepare_output(struct output *output, bool *recorded)
{
	char path[PATH_MAX + 8];

	*recorded = false;
	switch (output_prepare(output_name(), output)) {
	case OUTPUT_READY:
		*recorded = true;
		break;
	case OUTPUT_TAKEN:
		command_complain(&command, "%s exists and is no recording: choose another --output",
				 text_clean(output->taken, true, path, sizeof(path)));
		return EXIT_USAGE;
	case OUTPUT_BUSY:
		command_complain(&command, "%s is being recorded to: choose another --output",
				 text_clean(output->path, true, path, sizeof(path)));
		return EXIT_USAGE;
	case OUTPUT_IMPOSSIBLE:
		say("cannot write to %s: %s; running the program unrecorded",
		    text_clean(output->path, true, path, sizeof(path)), strerror(output->error));
		break;
	}
	return EXIT_DONE;
}

/* Puts the library into the environment; false after one line if that cannot be done. */
static bool prepare_library(void)
{
	char path[PATH_MAX];

	if (!library_find(path, sizeof(path))) {
		command_complain(&command,
				 "libtraceroundtrip.so was not found; TRACEROUNDTRIP_LIBRARY may name it");
		return false;
	}
	if (!library_preload(path)) {
		command_complain(&command, "%s: LD_PRELOAD allows no space and no colon in its path",
				 path);
		return false;
	}
	return true;
}

int cmd_record(int argc, char **argv)
{
	struct program program;
	struct output output;
	bool recorded;
	int first;
	int status = command_begin(&command, argc, argv, &first);

	if (status >= 0)
		return status;
	if (first == argc) {
		command_complain(&command, "which program? See traceroundtrip record --help");
		return EXIT_USAGE;
	}
	program_check(argv[first], &program);
	if (!accept(&program))
		return EXIT_NOTHING;
	status = prepare_output(&output, &recorded);
	if (status != EXIT_DONE)
		return status;
	if (recorded && program.may_preload) {
		if (!prepare_library() && !options.anyway)
			return EXIT_NOTHING;
		set_environment(&output);
	}
	status = launch(program.path[0] ? program.path : argv[first], argv + first);
	if (recorded)
		closing_report(output.path, output.name, options.quiet);
	if (status < 0)
		return EXIT_NOTHING;
	launch_end_like(status);
}
