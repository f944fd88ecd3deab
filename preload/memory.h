/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading what the program gave an intercepted function before the kernel has judged
 * it: a bad pointer must stay the program's EFAULT and not become our crash.
 */
#ifndef PRELOAD_MEMORY_H
#define PRELOAD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "preload/thread.h"

#define MEMORY_PAGE_BYTES ((uintptr_t)4096) /* the smallest there are: others are multiples */
#define MEMORY_KNOWN_PAGES 16u

/*
 * Readable pages, by their number: address + 1, as 0 is none.  A handler that interrupts a
 * change leaves one page or another.
 */
extern THREAD_LOCAL uintptr_t memory_known_pages[MEMORY_KNOWN_PAGES];

/*
 * Can all of [start, start + bytes) be read?  Pages that a thread was told of lately are
 * believed to be readable still; others cost a system call each.
 */
bool memory_readable(const void *start, size_t bytes);

/* Is it within one page that is known?  Then there is nothing to ask. */
static inline bool memory_known(const void *start, size_t bytes)
{
	uintptr_t offset = (uintptr_t)start % MEMORY_PAGE_BYTES, page = (uintptr_t)start - offset;

	return bytes <= MEMORY_PAGE_BYTES - offset &&
	       memory_known_pages[page / MEMORY_PAGE_BYTES % MEMORY_KNOWN_PAGES] == page + 1;
}

/* Copies it; false, and nothing copied, if it cannot be read. */
static inline bool memory_copy(void *to, const void *from, size_t bytes)
{
	if (!memory_known(from, bytes) && !memory_readable(from, bytes))
		return false;
	memcpy(to, from, bytes);
	return true;
}

#endif
