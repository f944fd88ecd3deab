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

/* Never NULL. */
const struct call *call_of(uint8_t id);

#endif
