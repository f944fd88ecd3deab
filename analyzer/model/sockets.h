/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ways of finding peers share: the sockets behind connections. */
#ifndef MODEL_SOCKETS_H
#define MODEL_SOCKETS_H

#include <string.h>

#include "analyzer/model/peers.h"
#include "analyzer/util/hash.h"

/* A number of the kernel's, which each start of a machine gives out anew. */
struct kernel_number {
	uint8_t boot[16];
	uint64_t number;
};

/* An open socket, whoever has it. */
struct socket {
	const struct process *process;   /* of its first user */
	struct user **users;             /* by their processes' start, in the end by created_ns */
	size_t count, capacity;
	enum transport transport;
	bool datagram;
	bool failed;                     /* connect() did */
	bool connecting, accepted;       /* opened_ns is when connect() began, or accept() ended */
	struct address local, remote;
	bool internet;                   /* the next two are known */
	struct internet_end local_end, remote_end;
	uint64_t opened_ns, closed_ns;   /* UNKNOWN: at no known time */
	uint64_t match;                  /* the same for both ends, if both have addresses */
	uint64_t peer_inode;
	struct kernel_number cookie, inode;
	struct socket *peer;
	UT_hash_handle by_cookie, by_inode;
};

/* A connection, and the socket that it is of. */
struct user {
	const struct connection *connection;
	struct socket *socket;
	struct stream_shift shift;
	UT_hash_handle hh;
};

struct peers {
	const struct model *model;
	struct user *users;
	struct socket **sockets;
	size_t count, capacity;
	struct socket *cookies, *inodes;
};

static inline void join(struct socket *a, struct socket *b)
{
	a->peer = b;
	b->peer = a;
}

static inline bool same_machine(const struct socket *a, const struct socket *b)
{
	return memcmp(a->cookie.boot, b->cookie.boot, sizeof(a->cookie.boot)) == 0;
}

/* 64-bit FNV-1a (draft-eastlake-fnv); begins with HASH_START. */
#define HASH_START 0xcbf29ce484222325u
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	return hash;
}

/* Join those of the sockets without a peer that have each other's addresses. */
void match_addresses(struct peers *p);
/* Join those Unix sockets without a peer of which nothing but the order can be true. */
void match_queues(struct peers *p);

#endif
