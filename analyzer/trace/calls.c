/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of intercepted calls, as the analyzer needs it. */
#include "analyzer/trace/calls.h"

#include <stdio.h>

#include "preload/trace_format.h"

#define CALL(id, call, kind_of_call) \
	[id] = { .name = #call, .class = CALL_CLASS_##kind_of_call },
const struct call known_calls[256] = {
#include "preload/calls.def"
	[TRT_CALL_connect].kind = CALL_CONNECT,
	[TRT_CALL_accept].kind = CALL_ACCEPT,
	[TRT_CALL_accept4].kind = CALL_ACCEPT,
	[TRT_CALL_close].kind = CALL_CLOSE,
	[TRT_CALL_shutdown].kind = CALL_SHUTDOWN,
	[TRT_CALL_fdopen].kind = CALL_FDOPEN,
};
#undef CALL

const struct call unknown_call = { NULL, CALL_CLASS_DESCRIPTOR, CALL_OTHER };

const char *call_name(uint8_t id)
{
	static char unknown[256][sizeof("call 255")];

	if (known_calls[id].name)
		return known_calls[id].name;
	snprintf(unknown[id], sizeof(unknown[id]), "call %u", id);
	return unknown[id];
}
