/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the kernel whether memory can be read. */
#include "preload/memory.h"

#include <errno.h>

#include "preload/sys.h"

THREAD_LOCAL uintptr_t memory_known_pages[MEMORY_KNOWN_PAGES];

/*
 * rt_sigprocmask() copies the new mask, 8 bytes, before it refuses a `how` that does
 * not exist (kernel/signal.c): EFAULT or EINVAL, and nothing is changed.  Filters of
 * system calls let it pass, as libc itself needs it.
 */
static bool page_readable(uintptr_t page)
{
	uintptr_t *known = &memory_known_pages[page / MEMORY_PAGE_BYTES % MEMORY_KNOWN_PAGES];

	if (__builtin_expect(*known == page + 1, 1))
		return true;
	/* Not the page's first byte: no mask at address 0 would mean no mask. */
	if (sys(rt_sigprocmask, -1, page + 8, NULL, 8) == -EFAULT)
		return false;
	*known = page + 1;
	return true;
}

bool memory_readable(const void *start, size_t bytes)
{
	uintptr_t first = (uintptr_t)start & ~(MEMORY_PAGE_BYTES - 1);
	uintptr_t last = ((uintptr_t)start + bytes - 1) & ~(MEMORY_PAGE_BYTES - 1);

	if (bytes == 0)
		return true;
	if (last < first)
		return false;
	for (uintptr_t page = first; page <= last; page += MEMORY_PAGE_BYTES)
		if (!page_readable(page))
			return false;
	return true;
}
