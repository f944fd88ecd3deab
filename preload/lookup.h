/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names that the program looked up, and what it was told. */
#ifndef PRELOAD_LOOKUP_H
#define PRELOAD_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/trace_format.h"

/* More addresses than a program tries to connect to. */
#define LOOKUP_ADDRESSES_MAX 16

struct lookup {
	const char *name;  /* as asked for */
	bool numeric;      /* it has to be an address */
	int result;        /* 0, or the call's own error: EAI_* or h_errno */
	uint32_t count;
	struct trt_address addresses[LOOKUP_ADDRESSES_MAX];
};

/* An IPv4 or IPv6 address in network order; others are left out. */
void lookup_add(struct lookup *l, int family, const void *address);

/* Writes it to the trace.  stack and tid: of the call, which is one of enum trt_call. */
void lookup_log(const struct lookup *l, uint8_t call, uint64_t started_ns, uint64_t ended_ns,
		uint32_t stack, int32_t tid);

#endif
