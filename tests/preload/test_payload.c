/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads and tails of what a call moved, gathered from several buffers, readable or not. */
#include <sys/mman.h>
#include <unistd.h>

#include "preload/config.h"
#include "preload/payload.h"
#include "preload/trace_format.h"
#include "tests/unit/tap.h"

static uint8_t bytes[4096];

/* The bytes cut into buffers of this size, the last one taking the rest. */
static void cut(struct iovec *buffers, size_t count, size_t size, size_t all)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t n = i + 1 == count ? all - at : size;
		buffers[i] = (struct iovec){ bytes + at, n };
		at += n;
	}
}

static void check_written(const struct payload *p, size_t moved, size_t head, size_t tail,
			  const char *what)
{
	uint8_t *written = calloc(1, payload_bytes(p));

	payload_write(p, written);
	const struct trt_payload *h = (const struct trt_payload *)written;
	const uint8_t *content = written + sizeof(*h);
	bool same = h->head_bytes == head && h->tail_bytes == tail &&
		    memcmp(content, bytes, head) == 0 &&
		    memcmp(content + head, bytes + moved - tail, tail) == 0;
	ok(same && payload_bytes(p) % 8 == 0, "%s %zu bytes: head %u, tail %u", what, moved,
	   h->head_bytes, h->tail_bytes);
	free(written);
}

static void check(size_t count, size_t size, size_t moved, bool first_calls, size_t head, size_t tail)
{
	struct iovec buffers[8];
	struct payload_offer offer;

	cut(buffers, count, size, sizeof(bytes));
	struct payload received;
	payload_received(&received, buffers, count, payload_head_limit(first_calls), moved);
	check_written(&received, moved, head, tail, "received");

	cut(buffers, count, size < moved / count ? size : moved / count, moved);
	payload_offer(&offer, buffers, count, payload_head_limit(first_calls));
	struct payload sent;
	payload_sent(&sent, &offer, moved);
	check_written(&sent, moved, head, tail, "sent");
}

static void check_short_write(void)
{
	struct iovec buffers[2];
	struct payload_offer offer;

	cut(buffers, 2, 100, 1000);
	payload_offer(&offer, buffers, 2, 256);
	struct payload p;
	payload_sent(&p, &offer, 999);
	check_written(&p, 999, 256, 0, "not all sent:");
	payload_sent(&p, &offer, 10);
	check_written(&p, 10, 10, 0, "little sent:");
}

static void check_unreadable(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct payload_offer offer;

	munmap(two + page, page);
	payload_offer(&offer, &(struct iovec){ two + page - 8, 8 }, 1, 256);
	is_number(offer.head_bytes, 8, "a buffer up to the end of a page is read");
	payload_offer(&offer, &(struct iovec){ two + page - 8, 9 }, 1, 256);
	is_number(offer.head_bytes, 0, "one beyond it is not touched");
	payload_offer(&offer, &(struct iovec){ NULL, 9 }, 1, 256);
	is_number(offer.head_bytes, 0, "nor is NULL");
	payload_offer(&offer, (const struct iovec *)(two + page), 3, 256);
	is_number(offer.head_bytes, 0, "nor a list of buffers that is not there");
	payload_offer(&offer, &(struct iovec){ bytes, SIZE_MAX }, 1, 256);
	ok(offer.head_bytes == 0 || offer.head_bytes == 256, "an absurd length is survived");
	munmap(two, page);
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
	config.capture_bytes = 256;
	check_short_write();
	check_unreadable();

	struct payload p;
	payload_received(&p, &(struct iovec){ bytes, 10 }, 1, 256, 500);
	is_number(p.head_bytes + p.tail_bytes, 10, "no more than the buffers hold is looked at");
	return done_testing();
}
