/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gathers the first and last bytes of what a call moved. */
#include "preload/payload.h"

#include <string.h>

#include "preload/config.h"
#include "preload/memory.h"
#include "preload/trace_format.h"

/*
 * The first calls of a connection carry what names all later ones: a TLS hello,
 * HTTP/2's header table, a log-in.
 */
#define FIRST_CALLS_FACTOR 4
/* More buffers than a call may have (IOV_MAX): the kernel will refuse them. */
#define BUFFERS_MAX 1024

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t payload_head_limit(bool first_calls)
{
	return first_calls ? smaller(config.capture_bytes * FIRST_CALLS_FACTOR, PAYLOAD_HEAD_MAX) :
			     config.capture_bytes;
}

static size_t room(const struct iovec *buffers, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += buffers[i].iov_len;
	return bytes;
}

static bool copy_checked(uint8_t *to, const uint8_t *from, size_t n)
{
	return memory_copy(to, from, n);
}

static bool copy_filled(uint8_t *to, const uint8_t *from, size_t n)
{
	memcpy(to, from, n);
	return true;
}

/* Bytes [from, from + n) of the buffers, taken as one; false if some cannot be read. */
static inline __attribute__((always_inline)) bool
gather(uint8_t *to, const struct iovec *buffers, size_t count, size_t from, size_t n,
       bool (*copy)(uint8_t *to, const uint8_t *from, size_t n))
{
	for (size_t i = 0; i < count && n; i++) {
		if (from >= buffers[i].iov_len) {
			from -= buffers[i].iov_len;
			continue;
		}
		size_t part = smaller(buffers[i].iov_len - from, n);
		if (!copy(to, (const uint8_t *)buffers[i].iov_base + from, part))
			return false;
		to += part;
		n -= part;
		from = 0;
	}
	return true;
}

void payload_offer_buffer(struct payload_offer *o, const void *buffer, size_t bytes,
			  size_t head_limit)
{
	size_t head = smaller(bytes, head_limit), tail = smaller(bytes - head, PAYLOAD_TAIL_MAX);
	const void *tail_start = (const void *)((uintptr_t)buffer + bytes - tail);

	o->offered = o->head_bytes = o->tail_bytes = 0;
	if (!head_limit || !memory_copy(o->bytes, buffer, head) ||
	    !memory_copy(o->bytes + head, tail_start, tail))
		return;
	o->offered = bytes;
	o->head_bytes = (uint16_t)head;
	o->tail_bytes = (uint16_t)tail;
}

void payload_offer(struct payload_offer *o, const struct iovec *buffers, size_t count,
		   size_t head_limit)
{
	o->offered = o->head_bytes = o->tail_bytes = 0;
	if (!head_limit || count > BUFFERS_MAX ||
	    !memory_readable(buffers, count * sizeof(*buffers)))
		return;
	size_t bytes = room(buffers, count);
	size_t head = smaller(bytes, head_limit), tail = smaller(bytes - head, PAYLOAD_TAIL_MAX);
	if (!gather(o->bytes, buffers, count, 0, head, copy_checked) ||
	    !gather(o->bytes + head, buffers, count, bytes - tail, tail, copy_checked))
		return;
	o->offered = bytes;
	o->head_bytes = (uint16_t)head;
	o->tail_bytes = (uint16_t)tail;
}

void payload_received(struct payload *p, const struct iovec *buffers, size_t count,
		      size_t head_limit, size_t moved)
{
	/* With MSG_TRUNC a datagram's length is returned even if its end did not fit. */
	size_t stored = smaller(room(buffers, count), moved);
	size_t head = smaller(stored, head_limit);

	p->head_bytes = (uint16_t)head;
	p->tail_bytes = head ? (uint16_t)smaller(stored - head, PAYLOAD_TAIL_MAX) : 0;
	p->copy = NULL;
	p->buffers = buffers;
	p->count = count;
	p->moved = stored;
}

size_t payload_bytes(const struct payload *p)
{
	return (sizeof(struct trt_payload) + p->head_bytes + p->tail_bytes + 7) & ~(size_t)7;
}

void payload_write(const struct payload *p, void *to)
{
	struct trt_payload *head = to;
	uint8_t *bytes = (uint8_t *)(head + 1);

	*head = (struct trt_payload){ .head_bytes = p->head_bytes, .tail_bytes = p->tail_bytes };
	/* The rest of the last 8 bytes is old or zero: nothing of it is read. */
	if (p->copy) {
		memcpy(bytes, p->copy, (size_t)p->head_bytes + p->tail_bytes);
		return;
	}
	if (p->count == 1) {
		const uint8_t *buffer = p->buffers->iov_base;
		memcpy(bytes, buffer, p->head_bytes);
		memcpy(bytes + p->head_bytes, buffer + p->moved - p->tail_bytes, p->tail_bytes);
		return;
	}
	gather(bytes, p->buffers, p->count, 0, p->head_bytes, copy_filled);
	gather(bytes + p->head_bytes, p->buffers, p->count, p->moved - p->tail_bytes, p->tail_bytes,
	       copy_filled);
}
