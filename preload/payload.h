/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first and last bytes of what a call moved. */
#ifndef PRELOAD_PAYLOAD_H
#define PRELOAD_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define PAYLOAD_HEAD_MAX 1024
/* Enough for the end marks of all protocols that have one. */
#define PAYLOAD_TAIL_MAX 16

/* How much of a call's beginning is kept; more of the first calls of a connection. */
size_t payload_head_limit(bool first_calls);

/*
 * What a call offers to the kernel, copied before: once the kernel has the bytes the peer
 * may answer, and another thread free the buffers, before the call returns to us.
 */
struct payload_offer {
	size_t offered; /* bytes in the buffers */
	uint16_t head_bytes, tail_bytes;
	uint8_t bytes[PAYLOAD_HEAD_MAX + PAYLOAD_TAIL_MAX]; /* head, then tail */
};

/* Takes nothing where a buffer cannot be read. */
void payload_offer(struct payload_offer *o, const struct iovec *buffers, size_t count,
		   size_t head_limit);

/* What to write of a call that moved so many bytes. */
struct payload {
	uint16_t head_bytes, tail_bytes;
	const uint8_t *copy;         /* head and tail, or NULL: */
	const struct iovec *buffers; /* what the call filled, */
	size_t count;
	size_t moved;                /* of which so many bytes */
};

/* A tail that was not among the bytes taken is left out. */
static inline struct payload payload_sent(const struct payload_offer *o, size_t moved)
{
	return (struct payload){
		.head_bytes = (uint16_t)(o->head_bytes < moved ? o->head_bytes : moved),
		.tail_bytes = moved < o->offered ? 0 : o->tail_bytes,
		.copy = o->bytes,
	};
}

struct payload payload_received(const struct iovec *buffers, size_t count, size_t head_limit,
				size_t moved);

/* What it takes in an event: a multiple of 8. */
size_t payload_bytes(const struct payload *p);

/* Writes payload_bytes() of it. */
void payload_write(const struct payload *p, void *to);

#endif
