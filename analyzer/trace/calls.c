/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of intercepted calls, as the analyzer needs it. */
#include "analyzer/trace/calls.h"

#include <stdio.h>

#include "preload/trace_format.h"

#define CALL(id, call, kind_of_call) \
	[id] = { .name = #call, .class = CALL_CLASS_##kind_of_call },
static const struct call calls[256] = {
#include "preload/calls.def"
	[TRT_CALL_connect].kind = CALL_CONNECT,
	[TRT_CALL_accept].kind = CALL_ACCEPT,
	[TRT_CALL_accept4].kind = CALL_ACCEPT,
	[TRT_CALL_close].kind = CALL_CLOSE,
	[TRT_CALL_shutdown].kind = CALL_SHUTDOWN,
};
#undef CALL

const struct call *call_of(uint8_t id)
{
	/* Nothing is known of a call that a newer library intercepts: it moves no bytes. */
	static const struct call unknown = { NULL, CALL_CLASS_DESCRIPTOR, CALL_OTHER };

	return calls[id].name ? &calls[id] : &unknown;
}

const char *call_name(uint8_t id)
{
	static char unknown[256][sizeof("call 255")];

	if (calls[id].name)
		return calls[id].name;
	snprintf(unknown[id], sizeof(unknown[id]), "call %u", id);
	return unknown[id];
}
