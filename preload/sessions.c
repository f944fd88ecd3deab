/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hash table by address, whose places are few and looked at all. */
#include "preload/sessions.h"

#include <string.h>

#include "preload/sys.h"

#define ENTRIES 65536u
#define PROBES 8u

static struct session *entries;

bool sessions_init(void)
{
	entries = sys_memory(ENTRIES * sizeof(*entries));
	return entries != NULL;
}

/* Multiplicative hashing (Knuth, The Art of Computer Programming 3, section 6.4). */
static struct session *place(uintptr_t key, uint32_t probe)
{
	uint64_t hash = (uint64_t)(key >> 3) * 0x9e3779b97f4a7c15u;

	return &entries[((hash >> 48) + probe) % ENTRIES];
}

struct session *session_find(uintptr_t key)
{
	for (uint32_t i = 0; i < PROBES; i++)
		if (__atomic_load_n(&place(key, i)->key, __ATOMIC_RELAXED) == key)
			return place(key, i);
	return NULL;
}

/* Forgets all but the key, which is stored already. */
static void clear(struct session *s)
{
	memset((char *)s + sizeof(s->key), 0, sizeof(*s) - sizeof(s->key));
}

struct session *session_get(uintptr_t key)
{
	struct session *s = session_find(key);

	if (s)
		return s;
	for (uint32_t i = 0; i < PROBES; i++) {
		uintptr_t free = 0;
		s = place(key, i);
		if (__atomic_compare_exchange_n(&s->key, &free, key, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED)) {
			clear(s);
			return s;
		}
	}
	/* All taken, most likely by sessions that were left without a word: one makes room. */
	s = place(key, 0);
	__atomic_store_n(&s->key, key, __ATOMIC_RELAXED);
	clear(s);
	return s;
}

void session_drop(uintptr_t key)
{
	struct session *s = session_find(key);

	if (s)
		__atomic_store_n(&s->key, 0, __ATOMIC_RELAXED);
}
