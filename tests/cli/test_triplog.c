/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Round trips in any order come back in order of start, from memory and from a file. */
#include "analyzer/reports/triplog.h"
#include "tests/unit/tap.h"

static uint64_t state = 88172645463325252;

/* Marsaglia, Xorshift RNGs, 2003. */
static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Gives count of them with random starts, of which many are equal, to runs of run. */
static void check(size_t count, size_t run)
{
	static const char *const names[] = { "GET /a", "GET /b", "" };
	struct triplog *l = triplog_new(run);
	char name[16];
	struct round_trip t;
	uint64_t last_start = 0, last_number = 0;
	size_t got = 0;
	bool ordered = true, named = true;

	for (size_t i = 0; i < count; i++) {
		/* A name that is gone after the call: it must have been copied. */
		uint64_t start = next_random() % (count / 2 + 1);
		snprintf(name, sizeof(name), "%s", names[start % 3]);
		t = (struct round_trip){ .start_ns = start,
					 .bytes_sent = i,
					 .protocol = "http",
					 .name = start % 3 == 2 ? NULL : name };
		triplog_add(l, &t);
	}
	for (; triplog_next(l, &t); got++) {
		ordered = ordered && (!got || t.start_ns > last_start ||
				      (t.start_ns == last_start && t.bytes_sent > last_number));
		named = named && strcmp(t.protocol, "http") == 0 &&
			(t.name ? strcmp(t.name, names[t.start_ns % 3]) == 0 : t.start_ns % 3 == 2);
		last_start = t.start_ns;
		last_number = t.bytes_sent;
	}
	ok(got == count && ordered && named && !triplog_error(l),
	   "%zu round trips in runs of %zu, got %zu", count, run, got);
	triplog_free(l);
}

int main(void)
{
	check(0, 10);
	check(1, 10);
	check(10, 10);
	check(11, 10);
	check(1000, 10);
	check(1000, 1);
	check(1000, 999);
	check(50000, 1000);
	return done_testing();
}
