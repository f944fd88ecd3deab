/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gathers the first and last bytes of what a call moved. */
#include "preload/payload.h"

#include <string.h>

#include "preload/call.h"
#include "preload/config.h"

/*
 * The first calls of a connection carry what names all later ones: a TLS hello,
 * HTTP/2's header table, a log-in.
 */
#define FIRST_CALLS_FACTOR 4
#define HEAD_MAX 1024
/* Enough for the end marks of all protocols that have one. */
#define TAIL_MAX 16

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* With MSG_TRUNC a datagram's length is returned even if its end did not fit. */
static size_t stored_bytes(const struct data *data, size_t moved)
{
	size_t room = 0;

	for (size_t i = 0; i < data->buffer_count && room < moved; i++)
		room += data->buffers[i].iov_len;
	return smaller(room, moved);
}

void payload_plan(struct payload *p, const struct data *data, size_t moved, bool first_calls)
{
	size_t limit = config.capture_bytes;

	if (first_calls)
		limit = smaller(limit * FIRST_CALLS_FACTOR, HEAD_MAX);
	p->data = data;
	p->moved = stored_bytes(data, moved);
	p->head_bytes = (uint16_t)smaller(p->moved, limit);
	p->tail_bytes = (uint16_t)smaller(p->moved - p->head_bytes, TAIL_MAX);
}

size_t payload_bytes(const struct payload *p)
{
	return (sizeof(struct trt_payload) + p->head_bytes + p->tail_bytes + 7) & ~(size_t)7;
}

/* Bytes [from, from + count) of the buffers, taken as one. */
static void gather(uint8_t *to, const struct data *data, size_t from, size_t count)
{
	for (size_t i = 0; i < data->buffer_count && count; i++) {
		const struct iovec *b = &data->buffers[i];
		if (from >= b->iov_len) {
			from -= b->iov_len;
			continue;
		}
		size_t n = smaller(b->iov_len - from, count);
		memcpy(to, (const uint8_t *)b->iov_base + from, n);
		to += n;
		count -= n;
		from = 0;
	}
}

void payload_write(const struct payload *p, void *to)
{
	struct trt_payload *head = to;
	uint8_t *bytes = (uint8_t *)(head + 1);

	*head = (struct trt_payload){ .head_bytes = p->head_bytes, .tail_bytes = p->tail_bytes };
	gather(bytes, p->data, 0, p->head_bytes);
	gather(bytes + p->head_bytes, p->data, p->moved - p->tail_bytes, p->tail_bytes);
	/* The rest of the last 8 bytes is old or zero: nothing of it is read. */
}
