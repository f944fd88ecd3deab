/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash table that only grows: ids of connections are never used twice, so what
 * is left of closed sockets is never found again.  A full table means that
 * further peers share their socket's connection.
 */
#include "preload/peers.h"

#include "preload/sys.h"

#define ENTRIES 65536u
#define PROBES 32u

struct entry {
	uint64_t key;  /* 0: free */
	uint32_t slot; /* 0: about to be set */
};

static struct entry *entries;

bool peers_init(void)
{
	entries = sys_memory(ENTRIES * sizeof(*entries));
	return entries != NULL;
}

/*
 * 64-bit FNV-1a (draft-eastlake-fnv) with the multiplication's high bits mixed in.
 * Two of some thousand peers are mistaken for one with a chance of 2^-40.
 */
static uint64_t key_of(uint32_t id, const struct sockaddr *address, socklen_t bytes)
{
	const uint8_t *p = (const uint8_t *)address;
	uint64_t hash = 0xcbf29ce484222325u ^ id;

	for (socklen_t i = 0; i < bytes; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	hash ^= hash >> 29;
	return hash ? hash : 1;
}

uint32_t peers_find(uint32_t id, const struct sockaddr *address, socklen_t bytes)
{
	uint64_t key = key_of(id, address, bytes);

	for (uint32_t i = 0; i < PROBES; i++) {
		struct entry *e = &entries[(key + i) % ENTRIES];
		uint64_t found = __atomic_load_n(&e->key, __ATOMIC_ACQUIRE);
		if (found == key)
			return __atomic_load_n(&e->slot, __ATOMIC_ACQUIRE);
		if (found == 0)
			return 0;
	}
	return 0;
}

bool peers_add(uint32_t id, const struct sockaddr *address, socklen_t bytes, uint32_t slot)
{
	uint64_t key = key_of(id, address, bytes);

	for (uint32_t i = 0; i < PROBES; i++) {
		struct entry *e = &entries[(key + i) % ENTRIES];
		uint64_t found = 0;
		if (__atomic_compare_exchange_n(&e->key, &found, key, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE)) {
			__atomic_store_n(&e->slot, slot, __ATOMIC_RELEASE);
			return true;
		}
		if (found == key)
			return false;
	}
	return false;
}
