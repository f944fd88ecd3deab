/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that close descriptors, one or many, or inside a stream. */
#include "preload/call.h"
#include "preload/sys.h"

#include <errno.h>
#include <linux/close_range.h>
#include <stdio.h>

HOOK int close(int fd)
{
	struct call call;

	if (!lifecycle_hooks()) /* a sandbox may kill for what follows */
		return REAL(close)(fd);
	struct connection *c = connection_known(fd);
	if (__builtin_expect(!c, 1)) {
		connection_forget(fd, 0);
		return REAL(close)(fd);
	}
	/* In a vfork() child the number is not ours; and a close alone is no reason for a
	 * trace: children that exec() close everything. */
	if (lifecycle_borrowed() || !lifecycle_traced()) {
		connection_forget(fd, clock_ns());
		return REAL(close)(fd);
	}
	call_begin_with(&call, TRT_CALL_close, fd, c);
	connection_forget(fd, call.start_ns);
	int result = REAL(close)(fd);
	call_other(&call, result);
	return result;
}

/* All of [first, last] that the table knows are about to be closed. */
static void forget_range(unsigned int first, unsigned int last)
{
	uint64_t now_ns = clock_ns();

	if (!lifecycle_hooks() || lifecycle_borrowed())
		return;
	if (last > connection_highest())
		last = connection_highest();
	for (unsigned int fd = first; fd <= last; fd++)
		connection_forget((int)fd, now_ns);
}

HOOK int close_range(unsigned int first, unsigned int last, int flags)
{
	if (!(flags & CLOSE_RANGE_CLOEXEC) && first <= last)
		forget_range(first, last);
	if (!REAL(close_range)) { /* glibc before 2.34, asked by a weak reference that finds us */
		long result = sys(close_range, first, last, flags);
		if (result < 0)
			errno = (int)-result;
		return result < 0 ? -1 : 0;
	}
	return REAL(close_range)(first, last, flags);
}

HOOK void closefrom(int low)
{
	forget_range(low < 0 ? 0 : (unsigned int)low, UINT32_MAX);
	if (REAL(closefrom))
		REAL(closefrom)(low);
	else
		sys(close_range, low < 0 ? 0 : low, UINT32_MAX, 0);
}

/* libc closes a stream's descriptor by a name of its own, which nobody can intercept. */
static void forget_stream(FILE *stream)
{
	int fd = stream ? fileno_unlocked(stream) : -1;

	if (fd >= 0 && lifecycle_hooks())
		connection_forget(fd, clock_ns());
}

HOOK int fclose(FILE *stream)
{
	forget_stream(stream);
	return REAL(fclose)(stream);
}

HOOK FILE *freopen(const char *restrict path, const char *restrict mode, FILE *restrict stream)
{
	forget_stream(stream);
	return REAL(freopen)(path, mode, stream);
}

HOOK FILE *freopen64(const char *restrict path, const char *restrict mode, FILE *restrict stream)
{
	forget_stream(stream);
	return REAL(freopen64)(path, mode, stream);
}
