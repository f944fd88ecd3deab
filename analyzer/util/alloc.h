/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that is there or ends the program: allocators that die with one line,
 * and an arena for what lives as long as its owner.
 */
#ifndef UTIL_ALLOC_H
#define UTIL_ALLOC_H

#include <stddef.h>

/*
 * As malloc, calloc, realloc to an array and strdup, but never NULL: when memory
 * is short or the size overflows they print one line and exit with status 1.
 * Free with free().
 */
void *xmalloc(size_t bytes);
void *xcalloc(size_t count, size_t bytes);
void *xreallocarray(void *old, size_t count, size_t bytes);
char *xstrdup(const char *text);

/*
 * Makes room for one more element in ARRAY, which holds count of *capacity
 * elements, by doubling.  Returns the array, moved perhaps.
 */
void *xgrow(void *array, size_t count, size_t *capacity, size_t bytes);

/* Many small pieces that are freed together.  All zeroes is an empty one. */
struct arena {
	struct arena_block *blocks;
};

/* Zeroed and aligned for any object; lives until arena_free(). */
void *arena_alloc(struct arena *a, size_t bytes);
/* A terminated copy of the bytes. */
char *arena_text(struct arena *a, const void *text, size_t bytes);
/* An aligned copy of the bytes; NULL for none. */
void *arena_copy(struct arena *a, const void *data, size_t bytes);
void arena_free(struct arena *a);

#endif
