/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A cache of what epoll_ctl() was given: lock-free, and with room for the newest
 * where it is full.  A wrong or missing answer costs no more than the time of
 * readiness of an event.
 */
#include "preload/epoll.h"

#include <stddef.h>

#include "preload/sys.h"

#define ENTRIES 32768u
#define PROBES 8u

struct entry {
	uint64_t key; /* 0: free */
	int fd;
};

static struct entry *entries;

void epoll_init(void)
{
	entries = sys_memory(ENTRIES * sizeof(*entries));
}

static uint64_t key_of(int epoll_fd, uint64_t data)
{
	uint64_t hash = (data ^ (uint64_t)(uint32_t)epoll_fd << 48) * 0x9e3779b97f4a7c15u;
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

void epoll_remember(int epoll_fd, uint64_t data, int fd)
{
	uint64_t key = key_of(epoll_fd, data);

	if (!entries)
		return;
	struct entry *place = &entries[key % ENTRIES];
	for (uint32_t i = 0; i < PROBES; i++) {
		struct entry *e = &entries[(key + i) % ENTRIES];
		uint64_t found = __atomic_load_n(&e->key, __ATOMIC_RELAXED);
		if (found == key || found == 0) {
			place = e;
			break;
		}
	}
	__atomic_store_n(&place->fd, fd, __ATOMIC_RELAXED);
	__atomic_store_n(&place->key, key, __ATOMIC_RELEASE);
}

int epoll_descriptor(int epoll_fd, uint64_t data)
{
	uint64_t key = key_of(epoll_fd, data);

	for (uint32_t i = 0; entries && i < PROBES; i++) {
		const struct entry *e = &entries[(key + i) % ENTRIES];
		uint64_t found = __atomic_load_n(&e->key, __ATOMIC_ACQUIRE);
		if (found == key)
			return __atomic_load_n(&e->fd, __ATOMIC_RELAXED);
		if (found == 0)
			break;
	}
	return -1;
}
