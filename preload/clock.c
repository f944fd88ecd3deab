/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds libc's own clock, and how the processor's counter goes with it. */
#include "preload/clock.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "preload/sys.h"

#define SECOND_NS 1000000000u
/* How long a line is believed, and how long the time between two readings has to be. */
#define LINE_NS 1000000u
/* A reading that took longer was interrupted: counter and clock do not belong together. */
#define READING_TICKS_MAX 500u

#define CLOCK_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

static int clock_by_system_call(clockid_t clock, struct timespec *time)
{
	return (int)sys(clock_gettime, clock, time);
}

int (*clock_real)(clockid_t clock, struct timespec *time) = clock_by_system_call;

struct clock_line clock_line;

/* The last reading of both; whoever made clock_line.version odd may change it. */
static struct {
	uint64_t ticks, ns;
	uint64_t rate; /* ns << 32 for a tick, between it and the one before */
} measured;

static bool ticks_usable;

static bool resolve_from(const char *library, const char *name)
{
	void *handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);

	if (!handle)
		return false;
	__typeof__(clock_real) found = (__typeof__(clock_real))dlsym(handle, name);
	if (found)
		clock_real = found;
	dlclose(handle); /* it stays loaded all the same */
	return found != NULL;
}

/*
 * Does the kernel itself tell time by the cycle counter?  Then it has made sure that the
 * counter has one speed and is the same on all processors, and watches it.
 */
static bool kernel_uses_ticks(void)
{
	char name[4] = "";
	long fd = sys(openat, AT_FDCWD, CLOCK_SOURCE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	long bytes = sys(read, fd, name, sizeof(name));
	sys(close, fd);
	return bytes == sizeof(name) && memcmp(name, "tsc\n", sizeof(name)) == 0;
}

/* vdso(7) */
#if defined(__x86_64__)
#define VDSO_CLOCK "__vdso_clock_gettime"
#else
#define VDSO_CLOCK "__kernel_clock_gettime"
#endif

void clock_resolve(void)
{
	if (resolve_from("linux-vdso.so.1", VDSO_CLOCK))
		ticks_usable = CLOCK_HAS_TICKS && kernel_uses_ticks();
	else
		resolve_from("libc.so.6", "clock_gettime");
}

void clock_forbid_ticks(void)
{
	__atomic_store_n(&ticks_usable, false, __ATOMIC_RELAXED);
	__atomic_store_n(&clock_real, clock_by_system_call, __ATOMIC_RELAXED);
	__atomic_store_n(&clock_line.valid_ticks, 0, __ATOMIC_RELAXED);
}

static uint64_t read_real(void)
{
	struct timespec t;

	clock_real(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

/* Whoever reads the new value finds the odd version too, or a later one. */
static void set(uint64_t *field, uint64_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELEASE);
}

/* What the line said last, at its end at the latest; 0 without a line. */
static uint64_t line_last_ns(uint64_t ticks)
{
	uint64_t past = ticks - clock_line.start_ticks;

	if (clock_line.valid_ticks == 0)
		return 0;
	if (past > clock_line.valid_ticks)
		past = clock_line.valid_ticks;
	return clock_line.start_ns + (past * clock_line.rate >> 32);
}

/*
 * Draws the line anew from a reading of both; the time there.  There is none unless two
 * intervals, one after the other, had the same rate but for a thousandth: a machine that
 * slept, or moved to another processor, in between is not taken for a slow one.  The
 * line never goes back behind what was said: where it is ahead, it starts there and
 * goes slower, so that it is right at its end.
 */
static uint64_t draw_line(uint64_t ticks, uint64_t ns)
{
	uint64_t past_ns = ns - measured.ns, past_ticks = ticks - measured.ticks;
	uint64_t last_ns = line_last_ns(ticks);
	uint64_t ahead_ns = last_ns > ns ? last_ns - ns : 0;

	if (past_ns < LINE_NS / 2)
		return ns + ahead_ns; /* too short to measure by */
	uint64_t rate = past_ns < SECOND_NS && past_ticks > past_ns >> 8 ?
			(past_ns << 32) / past_ticks : 0;
	uint64_t difference = rate > measured.rate ? rate - measured.rate : measured.rate - rate;
	bool valid = rate && difference <= rate >> 10 && ahead_ns <= LINE_NS >> 10;

	measured.ticks = ticks;
	measured.ns = ns;
	measured.rate = rate;
	set(&clock_line.valid_ticks, 0);
	if (valid) {
		uint64_t valid_ticks = ((uint64_t)LINE_NS << 32) / rate;
		set(&clock_line.start_ticks, ticks);
		set(&clock_line.start_ns, ns + ahead_ns);
		set(&clock_line.rate, rate - (ahead_ns << 32) / valid_ticks);
		set(&clock_line.valid_ticks, valid_ticks);
	}
	return ns + ahead_ns;
}

/*
 * One thread at a time: others, and a handler that interrupts it, do with the clock
 * itself, as all do for good in the child of a fork that came in between.
 */
uint64_t clock_read_ns(void)
{
	uint32_t version = __atomic_load_n(&clock_line.version, __ATOMIC_RELAXED);

	if (!__atomic_load_n(&ticks_usable, __ATOMIC_RELAXED))
		return read_real();
	uint64_t before = clock_ticks();
	uint64_t ns = read_real();
	uint64_t reading_ticks = clock_ticks() - before;
	if (reading_ticks > READING_TICKS_MAX || (version & 1) ||
	    !__atomic_compare_exchange_n(&clock_line.version, &version, version + 1, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return ns;
	ns = draw_line(before + reading_ticks / 2, ns);
	if (!__atomic_load_n(&ticks_usable, __ATOMIC_RELAXED))
		set(&clock_line.valid_ticks, 0); /* forbidden meanwhile */
	__atomic_store_n(&clock_line.version, version + 2, __ATOMIC_RELEASE);
	return ns;
}
