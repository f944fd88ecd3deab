/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traceroundtrip messages */
#include "analyzer/cmd/view.h"

static const struct option_group groups[] = {
	{ "Filters (repeated ones add up, different ones must all match)", connection_filter_options,
	  &view_settings },
	OUTPUT_GROUP,
	END_OF_GROUPS,
};

static const struct command command = {
	.name = "messages",
	.description =
		"The messages that decoders found, a line each, in the order in which they were\n"
		"complete: when, connection, direction, offset of the first byte, bytes, and what\n"
		"each is: a request, an answer, an interim answer, an aside (that nobody asked\n"
		"for), or unknown, where a header was not captured.  Never what it says.",
	.groups = groups,
};

int cmd_messages(int argc, char **argv)
{
	static const struct view_plan plan = { .ops = &messages_view };

	return view_main(&command, &plan, 1, argc, argv);
}
