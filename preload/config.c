/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the settings of the environment. */
#include "preload/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/trace_format.h"

#define MIB (1024ull * 1024)

struct config config = {
	.stack_memo = true,
	.python = true,
	.detail = TRT_DETAIL_MEDIUM,
	.capture_bytes = 256,
	.stack_depth = 128,
	.max_bytes = 256 * MIB,
};

/* Keeps the first complaint: a program's stderr gets one line of us at most. */
static void complain(const char *name, const char *value, const char *expected)
{
	if (!config.complaint[0])
		snprintf(config.complaint, sizeof(config.complaint),
			 "TRACEROUNDTRIP_%s=%.60s is not %s: using the default", name, value, expected);
}

static const char *setting(const char *name)
{
	char variable[64];
	snprintf(variable, sizeof(variable), "TRACEROUNDTRIP_%s", name);
	const char *value = getenv(variable);
	return value && *value ? value : NULL;
}

struct unit {
	const char *name;
	double factor;
};

/* A decimal number and one of the units; false if it is anything else or above max. */
static bool parse_number(const char *text, const struct unit *units, double max, uint64_t *number)
{
	char *rest;

	/* strtod() also reads words and hexadecimal. */
	if ((*text != '.' && (*text < '0' || *text > '9')) || strpbrk(text, "xX"))
		return false;
	double value = strtod(text, &rest);
	for (; units->name; units++) {
		if (strcmp(rest, units->name) != 0)
			continue;
		value *= units->factor;
		if (!(value >= 0 && value <= max))
			return false;
		*number = (uint64_t)value;
		return true;
	}
	return false;
}

static const struct unit plain_units[] = { { "", 1 }, { NULL, 0 } };
static const struct unit size_units[] = {
	{ "", 1 }, { "K", 1024 }, { "M", MIB }, { "G", 1024 * MIB }, { "T", 1048576 * MIB },
	{ "KiB", 1024 }, { "MiB", MIB }, { "GiB", 1024 * MIB }, { NULL, 0 },
};
static const struct unit time_units[] = {
	{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { NULL, 0 },
};

static void read_number(const char *name, const struct unit *units, double min, double max,
			const char *expected, uint64_t *number)
{
	const char *value = setting(name);
	uint64_t parsed;

	if (!value)
		return;
	if (parse_number(value, units, max, &parsed) && (double)parsed >= min)
		*number = parsed;
	else
		complain(name, value, expected);
}

static void read_small_number(const char *name, uint32_t max, const char *expected,
			      uint32_t *number)
{
	uint64_t wide = *number;
	read_number(name, plain_units, 0, max, expected, &wide);
	*number = (uint32_t)wide;
}

static bool read_switch(const char *name)
{
	const char *value = setting(name);
	return value && strcmp(value, "0") != 0;
}

static void read_detail(void)
{
	static const char *const names[] = { "coarse", "medium", "fine" };
	const char *value = setting("DETAIL");

	if (!value)
		return;
	for (uint32_t i = 0; i < 3; i++) {
		if (strcmp(value, names[i]) == 0) {
			config.detail = TRT_DETAIL_COARSE + i;
			return;
		}
	}
	complain("DETAIL", value, "coarse, medium or fine");
}

/* Made absolute now: the program may change its folder before its first call. */
static void read_output(void)
{
	const char *value = setting("OUTPUT");
	size_t used = 0;

	if (!value)
		value = "traceroundtrip.data";
	if (value[0] != '/') {
		if (!getcwd(config.output, sizeof(config.output))) {
			config.output[0] = '\0';
			return;
		}
		used = strlen(config.output);
	}
	int n = snprintf(config.output + used, sizeof(config.output) - used, "%s%s",
			 used ? "/" : "", value);
	if (n < 0 || (size_t)n >= sizeof(config.output) - used) {
		config.output[0] = '\0';
		complain("OUTPUT", value, "a path of less than 3000 bytes");
	}
}

/* as-3.N: a layout that may be wrong, for tests of what finds that out. */
static void read_python(void)
{
	const char *value = setting("PYTHON");
	unsigned int minor;
	int used = 0;

	if (!value || strcmp(value, "1") == 0)
		return;
	if (strcmp(value, "0") == 0)
		config.python = false;
	else if (sscanf(value, "as-3.%2u%n", &minor, &used) == 1 && !value[used])
		config.python_layout = minor;
	else
		complain("PYTHON", value, "0 or 1");
}

void config_read(void)
{
	config.disabled = read_switch("DISABLE");
	config.quiet = read_switch("QUIET");
	if (config.disabled)
		return;
	read_detail();
	read_output();
	read_python();
	read_small_number("CAPTURE", 1024, "a number of bytes from 0 to 1024",
			  &config.capture_bytes);
	read_small_number("STACK_DEPTH", 256, "a number of frames from 0 to 256",
			  &config.stack_depth);
	read_number("MAX_SIZE", size_units, (double)MIB, 1e15, "a size of at least 1M, as 512M or 4G",
		    &config.max_bytes);
	read_number("SLOW", time_units, 0, 1e18, "a time with its unit, as 250us, 100ms or 2s",
		    &config.slow_ns);
	if (config.detail == TRT_DETAIL_COARSE) {
		config.capture_bytes = 0;
		config.stack_depth = 0;
	}
	const char *memo = setting("STACK_MEMO");
	config.stack_memo = !memo || strcmp(memo, "0") != 0;
	config.check_memo = memo && strcmp(memo, "check") == 0;
}
