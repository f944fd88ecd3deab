/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Durations, sizes and counts as a person writes and reads them. */
#include "analyzer/util/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit time_units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60000000000 },
	{ "h", 3600000000000 },
	{ NULL, 0 },
};

static const struct unit size_units[] = {
	{ "", 1 },
	{ "K", 1ull << 10 },
	{ "M", 1ull << 20 },
	{ "G", 1ull << 30 },
	{ "T", 1ull << 40 },
	{ "KiB", 1ull << 10 },
	{ "MiB", 1ull << 20 },
	{ "GiB", 1ull << 30 },
	{ "TiB", 1ull << 40 },
	{ NULL, 0 },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * A decimal number: its digits, and how many of them are decimals.  strtod()
 * would take "inf", "0x10", and another decimal point in other languages.
 * Returns the end of the number, NULL if there is none or it is too long.
 */
static const char *parse_decimal(const char *text, uint64_t *digits, unsigned *decimals)
{
	bool any = false, point = false;

	*digits = 0;
	*decimals = 0;
	for (; is_digit(*text) || (*text == '.' && !point); text++) {
		if (*text == '.') {
			point = true;
			continue;
		}
		if (*digits > UINT64_MAX / 10 - 1)
			return NULL;
		*digits = *digits * 10 + (uint64_t)(*text - '0');
		*decimals += point;
		any = true;
	}
	return any ? text : NULL;
}

static bool parse_number(const char *text, const struct unit *units, uint64_t *number)
{
	uint64_t digits;
	unsigned decimals;
	const char *rest = parse_decimal(text, &digits, &decimals);

	if (!rest)
		return false;
	for (; units->name; units++) {
		if (strcmp(rest, units->name) != 0)
			continue;
		unsigned __int128 value = (unsigned __int128)digits * units->factor;
		while (decimals--)
			value /= 10;
		if (value > INT64_MAX)
			return false;
		*number = (uint64_t)value;
		return true;
	}
	return false;
}

bool duration_parse(const char *text, uint64_t *ns)
{
	if (strcmp(text, "0") == 0) {
		*ns = 0;
		return true;
	}
	return parse_number(text, time_units, ns);
}

bool size_parse(const char *text, uint64_t *bytes)
{
	return parse_number(text, size_units, bytes);
}

bool percent_parse(const char *text, double *percent)
{
	uint64_t digits;
	unsigned decimals;
	const char *rest = parse_decimal(text, &digits, &decimals);

	if (!rest || (*rest && strcmp(rest, "%") != 0))
		return false;
	double value = (double)digits;
	while (decimals--)
		value /= 10;
	if (value > 100)
		return false;
	*percent = value;
	return true;
}

bool count_parse(const char *text, uint64_t min, uint64_t max, uint64_t *count)
{
	uint64_t digits;
	unsigned decimals;
	const char *rest = parse_decimal(text, &digits, &decimals);

	if (!rest || *rest || strchr(text, '.') || digits < min || digits > max)
		return false;
	*count = digits;
	return true;
}

/* Three digits of value, which is at least 1 and below 9999.5. */
static void format_three_digits(double value, const char *unit, char *buffer)
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	snprintf(buffer, UNIT_TEXT_BYTES, "%.*f%s", decimals, value, unit);
}

const char *duration_format(uint64_t ns, char *buffer)
{
	if (ns == UINT64_MAX)
		return strcpy(buffer, "?");
	uint64_t seconds = ns / 1000000000;
	if (ns < 1000)
		snprintf(buffer, UNIT_TEXT_BYTES, "%" PRIu64 "ns", ns);
	else if (ns < 999500)
		format_three_digits((double)ns / 1e3, "us", buffer);
	else if (ns < 999500000)
		format_three_digits((double)ns / 1e6, "ms", buffer);
	else if (seconds < 100)
		format_three_digits((double)ns / 1e9, "s", buffer);
	else if (seconds < 3600)
		snprintf(buffer, UNIT_TEXT_BYTES, "%" PRIu64 "m %02" PRIu64 "s", seconds / 60,
			 seconds % 60);
	else
		snprintf(buffer, UNIT_TEXT_BYTES, "%" PRIu64 "h %02" PRIu64 "m", seconds / 3600,
			 seconds / 60 % 60);
	return buffer;
}

const char *moment_format(uint64_t ns, uint64_t resolution_ns, char *buffer)
{
	static const uint64_t powers[] = { 1000000000, 100000000, 10000000, 1000000, 100000,
					   10000,      1000,      100,      10,      1 };
	int decimals = 0;

	if (ns == UINT64_MAX)
		return strcpy(buffer, "?");
	while (decimals < 9 && powers[decimals] > resolution_ns)
		decimals++;
	uint64_t rest = ns % powers[0] / powers[decimals];
	if (decimals)
		snprintf(buffer, UNIT_TEXT_BYTES, "%" PRIu64 ".%0*" PRIu64 "s", ns / powers[0],
			 decimals, rest);
	else
		snprintf(buffer, UNIT_TEXT_BYTES, "%" PRIu64 "s", ns / powers[0]);
	return buffer;
}

const char *size_format(uint64_t bytes, char *buffer)
{
	static const char *const names[] = { " KiB", " MiB", " GiB", " TiB", " PiB", " EiB" };
	size_t i = 0;

	if (bytes == UINT64_MAX)
		return strcpy(buffer, "?");
	if (bytes < 1024) {
		snprintf(buffer, UNIT_TEXT_BYTES, "%" PRIu64 " B", bytes);
		return buffer;
	}
	double value = (double)bytes / 1024;
	for (; value >= 999.5 && i < 5; i++)
		value /= 1024;
	format_three_digits(value, names[i], buffer);
	return buffer;
}

const char *count_format(uint64_t count, char *buffer)
{
	char digits[UNIT_TEXT_BYTES];
	char *out = buffer;

	if (count == UINT64_MAX)
		return strcpy(buffer, "?");
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return buffer;
}

const char *things_format(uint64_t count, const char *noun, char *buffer)
{
	size_t length = strlen(count_format(count, buffer));

	snprintf(buffer + length, UNIT_TEXT_BYTES - length, " %s%s", noun, count == 1 ? "" : "s");
	return buffer;
}

const char *percent_format(double part, double whole, char *buffer)
{
	if (!(whole > 0))
		return strcpy(buffer, "?");
	double percent = 100 * part / whole;
	if (percent > 0 && percent < 0.05)
		return strcpy(buffer, "<0.1%");
	snprintf(buffer, UNIT_TEXT_BYTES, "%.1f%%", percent);
	return buffer;
}
