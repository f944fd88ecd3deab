/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds libc's own clock. */
#include "preload/clock.h"

#include <dlfcn.h>
#include <stdbool.h>

#include "preload/sys.h"

static int clock_by_system_call(clockid_t clock, struct timespec *time)
{
	return (int)sys(clock_gettime, clock, time);
}

int (*clock_real)(clockid_t clock, struct timespec *time) = clock_by_system_call;

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

/* vdso(7) */
#if defined(__x86_64__)
#define VDSO_CLOCK "__vdso_clock_gettime"
#else
#define VDSO_CLOCK "__kernel_clock_gettime"
#endif

void clock_resolve(void)
{
	if (!resolve_from("linux-vdso.so.1", VDSO_CLOCK))
		resolve_from("libc.so.6", "clock_gettime");
}
