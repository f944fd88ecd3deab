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

/* The same for one buffer. */
void payload_offer_buffer(struct payload_offer *o, const void *buffer, size_t bytes,
			  size_t head_limit);

/* What to write of a call that moved so many bytes. */
struct payload {
	uint16_t head_bytes, tail_bytes;
	const uint8_t *copy;         /* head and tail, or NULL: */
	const struct iovec *buffers; /* what the call filled, */
	size_t count;
	size_t moved;                /* of which so many bytes */
};

/*
 * Of what was offered, and of what was received.  A tail that was not among the bytes taken
 * is left out.  *p refers to *o, or to the buffers.  (Field by field: compilers copy
 * structures in wider pieces than they have just written them in, which takes longer
 * than all the rest.)
 */
static inline void payload_sent(struct payload *p, const struct payload_offer *o, size_t moved)
{
	p->head_bytes = (uint16_t)(o->head_bytes < moved ? o->head_bytes : moved);
	p->tail_bytes = moved < o->offered ? 0 : o->tail_bytes;
	p->copy = o->bytes;
}

void payload_received(struct payload *p, const struct iovec *buffers, size_t count,
		      size_t head_limit, size_t moved);

/* What it takes in an event: a multiple of 8. */
size_t payload_bytes(const struct payload *p);

/* Writes payload_bytes() of it. */
void payload_write(const struct payload *p, void *to);

#endif
