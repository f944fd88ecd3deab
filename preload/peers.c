/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash table by socket and address.  Ids of connections are never used twice, so what is
 * left of closed sockets is never found again, and its places are taken over.
 */
#include "preload/peers.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "preload/connections.h"
#include "preload/sys.h"

#define ENTRIES 65536u
#define PROBES 32u

struct entry {
	uint64_t key;  /* 0: free */
	uint32_t slot; /* 0: about to be set */
	uint32_t id;   /* of the socket's connection */
};

static struct entry *entries;

bool peers_init(void)
{
	entries = sys_memory(ENTRIES * sizeof(*entries));
	return entries != NULL;
}

/* 64-bit FNV-1a (draft-eastlake-fnv). */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	return hash;
}

/*
 * Only what tells addresses apart: programs leave padding unset, give lengths that are too
 * long, and end paths before them.  Two of some thousand peers are mistaken for one with
 * a chance of 2^-40.
 */
static uint64_t key_of(uint32_t id, const struct sockaddr *address, socklen_t bytes)
{
	uint64_t hash = hash_bytes(0xcbf29ce484222325u ^ id, &address->sa_family,
				   sizeof(address->sa_family));
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_un *un = (const struct sockaddr_un *)address;

	if (address->sa_family == AF_INET && bytes >= sizeof(*in)) {
		hash = hash_bytes(hash, &in->sin_port, sizeof(in->sin_port));
		hash = hash_bytes(hash, &in->sin_addr, sizeof(in->sin_addr));
	} else if (address->sa_family == AF_INET6 && bytes >= sizeof(*in6)) {
		hash = hash_bytes(hash, &in6->sin6_port, sizeof(in6->sin6_port));
		hash = hash_bytes(hash, &in6->sin6_addr, sizeof(in6->sin6_addr));
		hash = hash_bytes(hash, &in6->sin6_scope_id, sizeof(in6->sin6_scope_id));
	} else if (address->sa_family == AF_UNIX && bytes > sizeof(un->sun_family)) {
		size_t n = bytes - sizeof(un->sun_family);
		/* A path ends at its NUL; an abstract name, which begins with one, does not. */
		hash = hash_bytes(hash, un->sun_path, un->sun_path[0] ? strnlen(un->sun_path, n) : n);
	} else {
		hash = hash_bytes(hash, address, bytes);
	}
	hash ^= hash >> 29;
	return hash ? hash : 1;
}

/* The socket it belonged to was closed. */
static bool is_left_over(const struct entry *e)
{
	uint32_t slot = __atomic_load_n(&e->slot, __ATOMIC_ACQUIRE);
	const struct connection *c = slot ? connection_at(slot) : NULL;

	return c && (c->id == 0 || c->parent != e->id);
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
		uint64_t found = __atomic_load_n(&e->key, __ATOMIC_ACQUIRE);
		if (found == key)
			return false;
		if (found && !is_left_over(e))
			continue;
		if (!__atomic_compare_exchange_n(&e->key, &found, key, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE))
			return false;
		e->id = id;
		__atomic_store_n(&e->slot, slot, __ATOMIC_RELEASE);
		return true;
	}
	return false;
}
