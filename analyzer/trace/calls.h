/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the numbers of intercepted calls mean. */
#ifndef TRACE_CALLS_H
#define TRACE_CALLS_H

#include "analyzer/trace/trace.h"

struct call {
	const char *name; /* NULL: newer than this program */
	enum call_class class;
	enum call_kind kind;
};

extern const struct call known_calls[256]; /* by id */
/* Nothing is known of a call that a newer library intercepts: it moves no bytes. */
extern const struct call unknown_call;

static inline const struct call *call_of(uint8_t id)
{
	return known_calls[id].name ? &known_calls[id] : &unknown_call;
}

#endif
