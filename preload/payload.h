/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first and last bytes of what a call moved. */
#ifndef PRELOAD_PAYLOAD_H
#define PRELOAD_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct data;

struct payload {
	const struct data *data;
	size_t moved; /* bytes of the call, of which head and tail are kept */
	uint16_t head_bytes, tail_bytes;
};

/* Decides how much of the moved bytes to keep; more of the first calls of a connection. */
void payload_plan(struct payload *p, const struct data *data, size_t moved, bool first_calls);

/* What it takes in an event: a multiple of 8. */
size_t payload_bytes(const struct payload *p);

/* Writes payload_bytes() of it, gathered from the call's buffers. */
void payload_write(const struct payload *p, void *to);

#endif
