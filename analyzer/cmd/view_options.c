/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options that all views have. */
#include <string.h>

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

static const char *set_color(void *member, const char *value)
{
	enum color_choice *color = member;

	if (strcmp(value, "auto") == 0)
		*color = COLOR_AUTO;
	else if (strcmp(value, "always") == 0)
		*color = COLOR_ALWAYS;
	else if (strcmp(value, "never") == 0)
		*color = COLOR_NEVER;
	else
		return "auto, always or never";
	return NULL;
}

static const char *set_width(void *member, const char *value)
{
	return count_parse(value, OUT_WIDTH_MIN, OUT_WIDTH_MAX, member)
		       ? NULL
		       : "a number of columns from 40 to 1000";
}

#define FILTER(member) offsetof(struct view_settings, filter.member)

#define PID_OPTION \
	{ "pid", 0, "PID", set_id, FILTER(pids), "only this process; may be repeated" }
#define CALL_OPTIONS \
	{ "tid", 0, "TID", set_id, FILTER(tids), \
	  "only what this thread asked; may be repeated" }, \
	{ "peer", 0, "GLOB", option_texts, FILTER(peers), \
	  "only with peers that match: an address, address:port\n" \
	  "or path, such as 10.0.0.1, '*:6379', /run/x.sock;\n" \
	  "may be repeated" }, \
	{ "since", 0, "TIME", option_duration, FILTER(since_ns), \
	  "leave out what ended before TIME (from the start of the\n" \
	  "recording: 250us, 1.5ms, 2s)" }, \
	{ "until", 0, "TIME", option_duration, FILTER(until_ns), \
	  "leave out what began after TIME" }

const struct option_spec process_filter_options[] = { PID_OPTION, { NULL } };

const struct option_spec call_filter_options[] = {
	PID_OPTION,
	CALL_OPTIONS,
	{ "min-duration", 0, "TIME", option_duration, FILTER(min_duration_ns),
	  "leave out calls shorter than TIME" },
	{ NULL },
};

const struct option_spec filter_options[] = {
	PID_OPTION,
	CALL_OPTIONS,
	{ "min-duration", 0, "TIME", option_duration, FILTER(min_duration_ns),
	  "leave out round trips shorter than TIME, and those\n"
	  "without an answer" },
	{ "protocol", 0, "GLOB", option_texts, FILTER(protocols),
	  "only round trips of this protocol; may be repeated" },
	{ "name", 0, "GLOB", option_texts, FILTER(names),
	  "only round trips with this name, such as 'GET /*';\n"
	  "may be repeated" },
	{ NULL },
};

const struct option_spec output_options[] = {
	{ "json", 0, NULL, option_switch, offsetof(struct view_settings, json),
	  "print JSON; times in it are nanoseconds, unknown is null" },
	{ "color", 0, "WHEN", set_color, offsetof(struct view_settings, color),
	  "auto (default), always, never" },
	{ "width", 0, "COLUMNS", set_width, offsetof(struct view_settings, width),
	  "fit lines to COLUMNS (default: $COLUMNS, the terminal's,\n"
	  "or 120 where there is none)" },
	{ "no-pager", 0, NULL, option_switch, offsetof(struct view_settings, no_pager),
	  "print at once (else through $TRACEROUNDTRIP_PAGER, $PAGER\n"
	  "or less, on a terminal)" },
	{ NULL },
};
