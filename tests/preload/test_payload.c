/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads and tails of what a call moved, gathered from several buffers. */
#include "preload/call.h"
#include "preload/config.h"
#include "preload/payload.h"
#include "tests/unit/tap.h"

static uint8_t bytes[4096];

/* The call's data cut into buffers of these sizes, the last one taking the rest. */
static struct payload plan(struct data *data, struct iovec *buffers, size_t count, size_t first,
			   size_t moved, bool first_calls)
{
	struct payload p;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t n = i + 1 == count ? sizeof(bytes) - at : first;
		buffers[i] = (struct iovec){ bytes + at, n };
		at += n;
	}
	*data = (struct data){ .buffers = buffers, .buffer_count = count };
	payload_plan(&p, data, moved, first_calls);
	return p;
}

static void check(size_t count, size_t first, size_t moved, bool first_calls, size_t head,
		  size_t tail)
{
	struct iovec buffers[8];
	struct data data;
	struct payload p = plan(&data, buffers, count, first, moved, first_calls);
	uint8_t *written = calloc(1, payload_bytes(&p));

	payload_write(&p, written);
	const struct trt_payload *h = (const struct trt_payload *)written;
	const uint8_t *content = written + sizeof(*h);
	bool same = h->head_bytes == head && h->tail_bytes == tail &&
		    memcmp(content, bytes, head) == 0 &&
		    memcmp(content + head, bytes + moved - tail, tail) == 0;
	ok(same && payload_bytes(&p) % 8 == 0,
	   "%zu bytes in %zu buffers%s: head %u, tail %u", moved, count,
	   first_calls ? ", first calls" : "", h->head_bytes, h->tail_bytes);
	free(written);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t count = 1; count <= 5; count++) {
		check(count, 3, 1, false, 1, 0);
		check(count, 3, 255, false, 255, 0);
		check(count, 100, 256, false, 256, 0);
		check(count, 100, 257, false, 256, 1);
		check(count, 100, 272, false, 256, 16);
		check(count, 130, 1000, false, 256, 16);
		check(count, 700, 1024, true, 1024, 0);
		check(count, 700, 4096, true, 1024, 16);
	}
	config.capture_bytes = 8;
	check(3, 5, 100, false, 8, 16);
	check(3, 5, 100, true, 32, 16);

	struct iovec small = { bytes, 10 };
	struct data data = { .buffers = &small, .buffer_count = 1, .flags = MSG_TRUNC };
	struct payload p;
	payload_plan(&p, &data, 500, false);
	is_number(p.head_bytes + p.tail_bytes, 10, "no more than the buffers hold is looked at");
	return done_testing();
}
