/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options that all views have. */
#include "analyzer/cmd/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/units.h"

struct view_settings view_settings;

/* A process or thread id: one more. */
static const char *set_id(void *member, const char *value)
{
	struct number_list *list = member;
	uint64_t id;

	if (!count_parse(value, 1, INT32_MAX, &id))
		return "a process or thread id";
	list->items = xreallocarray(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = id;
	return NULL;
}

/* In the order of enum color_choice. */
static const char *const colors[] = { "auto", "always", "never", NULL };

const char *const frame_groupings[] = { "function", "line", "module", NULL };

static const char *const statuses[] = {
	[STATUS_OK] = "ok",         [STATUS_ERROR] = "error",     [STATUS_RESET] = "reset",
	[STATUS_CLOSED] = "closed", [STATUS_PENDING] = "pending", [STATUS_FAILED] = "failed",
	[STATUS_ONE_WAY] = "one-way", [STATUS_ONE_WAY + 1] = NULL,
};

static const char *set_width(void *member, const char *value)
{
	return count_parse(value, OUT_WIDTH_MIN, OUT_WIDTH_MAX, member)
		       ? NULL
		       : "a number of columns from 40 to 1000";
}

#define FILTER(member) offsetof(struct view_settings, filter.member)

#define PID_OPTION \
	{ .name = "pid", .value = "PID", .set = set_id, \
	  .offset = FILTER(pids), \
	  .help = "only this process; may be repeated" }
#define PEER_OPTION \
	{ .name = "peer", .value = "GLOB", .set = option_texts, \
	  .offset = FILTER(peers), \
	  .help = "only with peers that match: a host name that was looked\n" \
		  "up, or address, either with :port, or a path, such as\n" \
		  "example.org, '*:6379', /run/x.sock; may be repeated" }
#define CALL_OPTIONS \
	{ .name = "tid", .value = "TID", .set = set_id, \
	  .offset = FILTER(tids), \
	  .help = "only what this thread asked; may be repeated" }, \
	PEER_OPTION, \
	{ .name = "since", .value = "TIME", .set = option_duration, \
	  .offset = FILTER(since_ns), \
	  .help = "leave out what ended before TIME (from the start of the\n" \
		  "recording: 250us, 1.5ms, 2s)" }, \
	{ .name = "until", .value = "TIME", .set = option_duration, \
	  .offset = FILTER(until_ns), \
	  .help = "leave out what began after TIME" }

const struct option_spec connection_filter_options[] = {
	PID_OPTION,
	PEER_OPTION,
	{ .name = NULL },
};

const struct option_spec process_filter_options[] = { PID_OPTION, { .name = NULL } };

const struct option_spec call_filter_options[] = {
	PID_OPTION,
	CALL_OPTIONS,
	{ .name = "min-duration", .value = "TIME", .set = option_duration,
	  .offset = FILTER(min_duration_ns),
	  .help = "leave out calls shorter than TIME" },
	{ .name = NULL },
};

const struct option_spec filter_options[] = {
	PID_OPTION,
	CALL_OPTIONS,
	{ .name = "min-duration", .value = "TIME", .set = option_duration,
	  .offset = FILTER(min_duration_ns),
	  .help = "leave out round trips shorter than TIME, and those\n"
		  "without an answer" },
	{ .name = "status", .value = "LIST", .choices = statuses, .several = true,
	  .offset = FILTER(statuses),
	  .help = "only round trips that ended so; with commas between: ok,\n"
		  "error (a call failed), reset and closed (by the peer),\n"
		  "failed (the answer says so), pending (no answer), one-way\n"
		  "(none is asked for)" },
	{ .name = "protocol", .value = "GLOB", .set = option_texts,
	  .offset = FILTER(protocols),
	  .help = "only round trips of this protocol (none is decoded yet);\n"
		  "may be repeated" },
	{ .name = "name", .value = "GLOB", .set = option_texts,
	  .offset = FILTER(names),
	  .help = "only round trips with this name, such as 'GET /*' (none\n"
		  "has a name yet); may be repeated" },
	{ .name = NULL },
};

#define SYMBOLS(member) offsetof(struct view_settings, symbols.member)

#define SEARCH_OPTIONS \
	{ .name = "debug-dir", .value = "FOLDER", .set = option_texts, \
	  .offset = SYMBOLS(debug_dirs), \
	  .help = "look for debug files here before /usr/lib/debug; may be\n" \
		  "repeated" }, \
	{ .name = "sysroot", .value = "FOLDER", .set = option_text, \
	  .offset = SYMBOLS(sysroot), \
	  .help = "the files of the recorded machine or container lie below\n" \
		  "FOLDER" }

static const char *show_all_native(void *member, const char *value)
{
	*(enum native_frames *)member = NATIVE_ALL;
	return NULL;
}

static const char *show_no_native(void *member, const char *value)
{
	*(enum native_frames *)member = NATIVE_NONE;
	return NULL;
}

const struct option_spec search_options[] = { SEARCH_OPTIONS, { .name = NULL } };

const struct option_spec names_options[] = {
	{ .name = "full-stacks", .set = option_switch,
	  .offset = SYMBOLS(full_stacks),
	  .help = "also what starts the program and its threads, such as\n"
		  "_start and __libc_start_main" },
	{ .name = "my-code", .set = option_switch,
	  .offset = SYMBOLS(my_code),
	  .help = "fold frames of Python's standard library and of installed\n"
		  "packages: what your code called, but not what that called" },
	{ .name = "native", .set = show_all_native,
	  .offset = SYMBOLS(native),
	  .help = "beside Python frames all native ones, the interpreter's\n"
		  "own too" },
	{ .name = "python", .set = show_no_native,
	  .offset = SYMBOLS(native),
	  .help = "of stacks with Python frames only these" },
	{ .name = "no-demangle", .set = option_switch,
	  .offset = SYMBOLS(no_demangle),
	  .help = "names of C++ and Rust as linkers know them" },
	SEARCH_OPTIONS,
	{ .name = NULL },
};

const struct option_spec output_options[] = {
	{ .name = "raw-names", .set = option_switch,
	  .offset = offsetof(struct view_settings, raw_names),
	  .help = "names as they were sent, not templates such as /users/{id}" },
	{ .name = "json", .set = option_switch,
	  .offset = offsetof(struct view_settings, json),
	  .help = "print JSON; times in it are nanoseconds, unknown is null" },
	{ .name = "color", .value = "WHEN", .choices = colors,
	  .offset = offsetof(struct view_settings, color),
	  .help = "auto (default), always, never" },
	{ .name = "width", .value = "COLUMNS", .set = set_width,
	  .offset = offsetof(struct view_settings, width),
	  .help = "fit lines to COLUMNS (default: $COLUMNS, the terminal's,\n"
		  "or 120 where there is none)" },
	{ .name = "no-pager", .set = option_switch,
	  .offset = offsetof(struct view_settings, no_pager),
	  .help = "print at once (else through $TRACEROUNDTRIP_PAGER, $PAGER\n"
		  "or less, on a terminal)" },
	{ .name = NULL },
};
