/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: what is understood, what is complained of, and that the default stays then. */
#include <limits.h>
#include <unistd.h>

#include "preload/config.h"
#include "preload/trace_format.h"
#include "tests/unit/tap.h"

static struct config defaults;

static void read_with(const char *name, const char *value)
{
	char variable[64];

	snprintf(variable, sizeof(variable), "TRACEROUNDTRIP_%s", name);
	config = defaults;
	setenv(variable, value, 1);
	config_read();
	unsetenv(variable);
}

static void test_sizes(void)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
	} sizes[] = {
		{ "1M", 1 << 20 }, { "512M", 512ull << 20 }, { "4G", 4ull << 30 }, { "1.5G", 1536ull << 20 },
		{ "2097152", 2097152 }, { "64MiB", 64 << 20 }, { "1K", 0 }, { "-1M", 0 }, { "M", 0 },
		{ "12X", 0 }, { "nan", 0 }, { "1e99", 0 }, { " 4M", 0 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		read_with("MAX_SIZE", sizes[i].text);
		is_number(config.max_bytes, sizes[i].bytes ? sizes[i].bytes : defaults.max_bytes,
			  sizes[i].text);
		ok(!config.complaint[0] == (sizes[i].bytes != 0), "complaint: %s", config.complaint);
	}
}

static void test_times(void)
{
	read_with("SLOW", "100ms");
	is_number(config.slow_ns, 100000000, "100ms");
	read_with("SLOW", "250us");
	is_number(config.slow_ns, 250000, "250us");
	read_with("SLOW", "2s");
	is_number(config.slow_ns, 2000000000, "2s");
	read_with("SLOW", "100");
	is_number(config.slow_ns, 0, "a time without unit is refused");
	ok(config.complaint[0], "and complained of: %s", config.complaint);
}

static void test_numbers(void)
{
	read_with("CAPTURE", "0");
	is_number(config.capture_bytes, 0, "CAPTURE=0");
	read_with("CAPTURE", "1024");
	is_number(config.capture_bytes, 1024, "CAPTURE=1024");
	read_with("CAPTURE", "1025");
	is_number(config.capture_bytes, 256, "CAPTURE=1025 is refused");
	read_with("CAPTURE", "0x10");
	is_number(config.capture_bytes, 256, "CAPTURE=0x10 is refused");
	read_with("STACK_DEPTH", "7");
	is_number(config.stack_depth, 7, "STACK_DEPTH=7");
	read_with("STACK_DEPTH", "lots");
	is_number(config.stack_depth, 128, "STACK_DEPTH=lots is refused");
	is_text(config.complaint,
		"TRACEROUNDTRIP_STACK_DEPTH=lots is not a number of frames from 0 to 256: using the default",
		"the complaint names setting, value and what is expected");
}

static void test_detail(void)
{
	read_with("DETAIL", "coarse");
	is_number(config.detail, TRT_DETAIL_COARSE, "DETAIL=coarse");
	is_number(config.capture_bytes + config.stack_depth, 0, "has neither payload nor stacks");
	read_with("DETAIL", "fine");
	is_number(config.detail, TRT_DETAIL_FINE, "DETAIL=fine");
	read_with("DETAIL", "Fine");
	is_number(config.detail, TRT_DETAIL_MEDIUM, "DETAIL=Fine is refused");
}

static void test_output(void)
{
	char wanted[PATH_MAX], here[PATH_MAX], *too_long = malloc(5000);

	read_with("OUTPUT", "/tmp/x");
	is_text(config.output, "/tmp/x", "an absolute folder");
	snprintf(wanted, sizeof(wanted), "%.3000s/x/y", getcwd(here, sizeof(here)));
	read_with("OUTPUT", "x/y");
	is_text(config.output, wanted, "a relative folder is made absolute");
	memset(too_long, 'a', 4999);
	too_long[4999] = '\0';
	read_with("OUTPUT", too_long);
	ok(!config.output[0] && config.complaint[0], "a path that is too long is complained of");
	free(too_long);
}

static void test_switches(void)
{
	read_with("DISABLE", "1");
	ok(config.disabled, "DISABLE=1");
	read_with("DISABLE", "0");
	ok(!config.disabled, "DISABLE=0");
	read_with("QUIET", "yes");
	ok(config.quiet, "QUIET=yes");
}

static void test_python(void)
{
	read_with("PYTHON", "1");
	ok(config.python && !config.python_layout && !config.complaint[0], "PYTHON=1");
	read_with("PYTHON", "0");
	ok(!config.python && !config.complaint[0], "PYTHON=0");
	read_with("PYTHON", "as-3.9");
	is_number(config.python_layout, 9, "PYTHON=as-3.9");
	ok(config.python && !config.complaint[0], "PYTHON=as-3.9 leaves it on");
	static const char *const bad[] = { "no", "2", "as-3.", "as-3.9x", "as-2.7" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		read_with("PYTHON", bad[i]);
		ok(config.python && !config.python_layout && config.complaint[0],
		   "PYTHON=%s is refused", bad[i]);
	}
}

int main(void)
{
	defaults = config;
	test_sizes();
	test_times();
	test_numbers();
	test_detail();
	test_output();
	test_switches();
	test_python();
	return done_testing();
}
