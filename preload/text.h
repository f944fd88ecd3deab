/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds a short text in a buffer: printf's family is not async-signal-safe. */
#ifndef PRELOAD_TEXT_H
#define PRELOAD_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Always terminated; what does not fit is left out. */
struct text {
	char *start;
	size_t size, used;
};

static inline struct text text_into(char *buffer, size_t size)
{
	buffer[0] = '\0';
	return (struct text){ buffer, size, 0 };
}

static inline void text_add(struct text *t, const char *s)
{
	while (*s && t->used + 1 < t->size)
		t->start[t->used++] = *s++;
	t->start[t->used] = '\0';
}

static inline void text_add_base(struct text *t, uint64_t n, unsigned int base)
{
	char digits[24];
	size_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do
		digits[--i] = "0123456789abcdef"[n % base];
	while ((n /= base) != 0);
	text_add(t, digits + i);
}

static inline void text_add_number(struct text *t, uint64_t n)
{
	text_add_base(t, n, 10);
}

#endif
