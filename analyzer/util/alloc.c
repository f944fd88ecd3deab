/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocators that die with one line, and an arena. */
#include "analyzer/util/alloc.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)32768)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

static void *check(void *memory)
{
	if (!memory) {
		fputs("traceroundtrip: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

void *xmalloc(size_t bytes)
{
	return check(malloc(bytes ? bytes : 1));
}

void *xcalloc(size_t count, size_t bytes)
{
	return check(count && bytes ? calloc(count, bytes) : calloc(1, 1));
}

void *xreallocarray(void *old, size_t count, size_t bytes)
{
	return check(count && bytes ? reallocarray(old, count, bytes) : realloc(old, 1));
}

char *xstrdup(const char *text)
{
	return check(strdup(text));
}

void *xgrow(void *array, size_t count, size_t *capacity, size_t bytes)
{
	if (count < *capacity)
		return array;
	*capacity = *capacity ? *capacity * 2 : 8;
	return xreallocarray(array, *capacity, bytes);
}

/* What is larger than a block gets one of its own, behind the one being filled. */
static struct arena_block *new_block(struct arena *a, size_t bytes)
{
	size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	struct arena_block *b;

	if (size > SIZE_MAX - sizeof(*b))
		check(NULL);
	b = xcalloc(1, sizeof(*b) + size);
	b->size = size;
	if (a->blocks && bytes > BLOCK_BYTES) {
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	const size_t alignment = alignof(max_align_t);
	struct arena_block *b = a->blocks;
	void *memory;

	if (bytes > SIZE_MAX - alignment)
		check(NULL);
	bytes = (bytes + alignment - 1) / alignment * alignment;
	if (!b || b->size - b->used < bytes)
		b = new_block(a, bytes);
	memory = b->data + b->used;
	b->used += bytes;
	return memory;
}

char *arena_text(struct arena *a, const void *text, size_t bytes)
{
	char *copy = arena_alloc(a, bytes + 1);

	if (bytes)
		memcpy(copy, text, bytes);
	return copy;
}

void *arena_copy(struct arena *a, const void *data, size_t bytes)
{
	return bytes ? memcpy(arena_alloc(a, bytes), data, bytes) : NULL;
}

void arena_free(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
}
