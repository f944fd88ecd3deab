/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading what the program gave an intercepted function before the kernel has judged
 * it: a bad pointer must stay the program's EFAULT and not become our crash.
 */
#ifndef PRELOAD_MEMORY_H
#define PRELOAD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Can all of [start, start + bytes) be read?  Pages that a thread was told of lately are
 * believed to be readable still; others cost a system call each.
 */
bool memory_readable(const void *start, size_t bytes);

/* Copies it; false, and nothing copied, if it cannot be read. */
bool memory_copy(void *to, const void *from, size_t bytes);

#endif
