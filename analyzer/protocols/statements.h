/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What prepared statements are called by and what they say, a connection's: so many
 * of the latest ones that memory is bounded.
 */
#ifndef PROTOCOLS_STATEMENTS_H
#define PROTOCOLS_STATEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATEMENTS_MAX 160

struct statement {
	uint64_t key;  /* a number, or a name's hash */
	char *text;    /* NULL: unused */
	size_t length;
};

/* All zeroes is an empty one. */
struct statements {
	struct statement *kept; /* a ring; NULL at first */
	size_t next;            /* the oldest one once the ring is full */
};

void statements_free(struct statements *s);
/* Of a name. */
uint64_t statements_key(const char *name, size_t length);
/* Remembers a text, of an old key anew.  True if the oldest one was forgotten for it. */
bool statements_set(struct statements *s, uint64_t key, const char *text, size_t length);
/* NULL if it is not known. */
const struct statement *statements_find(const struct statements *s, uint64_t key);
void statements_remove(struct statements *s, uint64_t key);

#endif
