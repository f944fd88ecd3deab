/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Durations, sizes and counts: what is read, what is refused, what is printed. */
#include "analyzer/util/units.h"
#include "tests/unit/tap.h"

static void test_durations_read(void)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "0", 0 },
		{ "7ns", 7 },
		{ "250us", 250000 },
		{ "1.5ms", 1500000 },
		{ "2s", 2000000000 },
		{ ".5s", 500000000 },
		{ "2.s", 2000000000 },
		{ "1m", 60000000000 },
		{ "1.5h", 5400000000000 },
		{ "0.0000000019s", 1 },
		{ "9223372036854775807ns", INT64_MAX },
	};
	static const char *const bad[] = { "",    "5",    "s",	 "-1s",	 "+1s", "1 s", "1sec",
					   "1e3s", "0x1s", "infs", "nans", "1.2.3s", "1S",
					   "9223372036854775808ns", "99999999999999999999h" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t ns = 99;
		bool read = duration_parse(good[i].text, &ns);
		ok(read && ns == good[i].ns, "duration %s", good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t ns = 99;
		bool read = duration_parse(bad[i], &ns);
		ok(!read && ns == 99, "no duration: '%s'", bad[i]);
	}
}

static void test_sizes_read(void)
{
	uint64_t bytes = 0;

	ok(size_parse("4G", &bytes) && bytes == 4ull << 30, "size 4G");
	ok(size_parse("1.5M", &bytes) && bytes == 3 << 19, "size 1.5M");
	ok(size_parse("64KiB", &bytes) && bytes == 65536, "size 64KiB");
	ok(size_parse("1000", &bytes) && bytes == 1000, "size 1000");
	ok(!size_parse("4g", &bytes) && !size_parse("4GB", &bytes) && !size_parse("-1", &bytes) &&
		   !size_parse("9000000T", &bytes) && bytes == 1000,
	   "no sizes");
}

static void test_others_read(void)
{
	uint64_t count = 5;
	double percent = 5;

	ok(count_parse("123", 1, 1000, &count) && count == 123, "count");
	ok(!count_parse("0", 1, 9, &count) && !count_parse("10", 1, 9, &count) &&
		   !count_parse("1.0", 1, 9, &count) && !count_parse("1x", 1, 9, &count) && count == 123,
	   "no counts");
	ok(percent_parse("12.5%", &percent) && percent == 12.5, "percent");
	ok(percent_parse("100", &percent) && percent == 100, "percent without its sign");
	ok(!percent_parse("101", &percent) && !percent_parse("-1", &percent) &&
		   !percent_parse("5%%", &percent) && percent == 100,
	   "no percentages");
}

static void test_printed(void)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} durations[] = {
		{ 0, "0ns" },
		{ 999, "999ns" },
		{ 1000, "1.00us" },
		{ 9994, "9.99us" },
		{ 9996, "10.0us" },
		{ 99960, "100us" },
		{ 999499, "999us" },
		{ 999500, "1.00ms" },
		{ 1250000, "1.25ms" },
		{ 999500000, "1.00s" },
		{ 99990000000, "100s" },
		{ 100000000000, "1m 40s" },
		{ 7500000000000, "2h 05m" },
		{ UINT64_MAX, "?" },
	};
	char text[UNIT_TEXT_BYTES];

	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
		is_text(duration_format(durations[i].ns, text), durations[i].text,
			durations[i].text);
	is_text(moment_format(1234567890, 1000000, text), "1.234s", "a moment in milliseconds");
	is_text(moment_format(1234567890, 500000000, text), "1.2s", "a moment in halves");
	is_text(moment_format(61000000000, 10000000000, text), "61s", "a moment in tens of seconds");
	is_text(moment_format(5, 1, text), "0.000000005s", "a moment in nanoseconds");
	is_text(size_format(1023, text), "1023 B", "bytes");
	is_text(size_format(1280, text), "1.25 KiB", "KiB");
	is_text(size_format(1023 * 1024, text), "1.00 MiB", "almost a MiB");
	is_text(size_format(UINT64_MAX - 1, text), "16.0 EiB", "EiB");
	is_text(count_format(0, text), "0", "count 0");
	is_text(count_format(999, text), "999", "count 999");
	is_text(count_format(10002, text), "10,002", "count 10,002");
	is_text(count_format(1234567, text), "1,234,567", "count 1,234,567");
	is_text(things_format(1, "call", text), "1 call", "one thing");
	is_text(things_format(0, "call", text), "0 calls", "no things");
	is_text(things_format(2780, "connection", text), "2,780 connections", "many things");
	is_text(percent_format(1, 3, text), "33.3%", "a third");
	is_text(percent_format(1, 1e6, text), "<0.1%", "a millionth");
	is_text(percent_format(0, 3, text), "0.0%", "nothing");
	is_text(percent_format(1, 0, text), "?", "of nothing");
}

int main(void)
{
	test_durations_read();
	test_sizes_read();
	test_others_read();
	test_printed();
	return done_testing();
}
