/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Remembers prepared statements. */
#include "analyzer/protocols/statements.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/util/alloc.h"

void statements_free(struct statements *s)
{
	for (size_t i = 0; s->kept && i < STATEMENTS_MAX; i++)
		free(s->kept[i].text);
	free(s->kept);
	s->kept = NULL;
}

/* FNV-1a, 64 bits. */
uint64_t statements_key(const char *name, size_t length)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static struct statement *find(const struct statements *s, uint64_t key)
{
	for (size_t i = 0; s->kept && i < STATEMENTS_MAX; i++)
		if (s->kept[i].text && s->kept[i].key == key)
			return &s->kept[i];
	return NULL;
}

bool statements_set(struct statements *s, uint64_t key, const char *text, size_t length)
{
	struct statement *p = find(s, key);
	bool forgets;

	if (!s->kept)
		s->kept = xcalloc(STATEMENTS_MAX, sizeof(*s->kept));
	if (!p) {
		p = &s->kept[s->next];
		s->next = (s->next + 1) % STATEMENTS_MAX;
	}
	forgets = p->text && p->key != key;
	free(p->text);
	p->key = key;
	p->text = xmalloc(length + 1);
	p->length = length;
	memcpy(p->text, text, length);
	return forgets;
}

const struct statement *statements_find(const struct statements *s, uint64_t key)
{
	return find(s, key);
}

void statements_remove(struct statements *s, uint64_t key)
{
	struct statement *p = find(s, key);

	if (!p)
		return;
	free(p->text);
	p->text = NULL;
}
