/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names: which lookup a connection's address came from. */
#include "analyzer/trace/names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* All lookups that answered with one address, in order of their end. */
struct answered {
	struct trt_address address;
	struct lookup **lookups;
	size_t count, capacity;
	UT_hash_handle hh;
};

/* What libc takes for an address, and asks nobody about (inet_aton(3); scopes: RFC 4007). */
static bool is_address(const char *name)
{
	char plain[INET6_ADDRSTRLEN];
	size_t length = strcspn(name, "%");
	struct in6_addr in6;
	struct in_addr in;

	if (inet_aton(name, &in))
		return true;
	if (length >= sizeof(plain))
		return false;
	memcpy(plain, name, length);
	plain[length] = '\0';
	return inet_pton(AF_INET6, plain, &in6) == 1;
}

/* To the resolver's own functions, all names are names. */
static bool asked_nobody(const struct trt_lookup *r, const char *name)
{
	switch (r->head.detail) {
	case TRT_CALL_res_query:
	case TRT_CALL_res_search:
	case TRT_CALL_res_nquery:
	case TRT_CALL_res_nsearch:
		return false;
	default:
		return r->head.id == TRT_LOOKUP_NUMERIC || is_address(name);
	}
}

bool names_decode(struct trace *t, const struct trt_record *head, struct lookup *l)
{
	const struct trt_lookup *r = (const void *)head;
	const struct trt_address *addresses = (const void *)(r + 1);
	const char *name;
	size_t bytes;

	if (head->bytes < sizeof(*r) || r->started_ns > r->ended_ns || r->ended_ns >= TIME_LIMIT_NS)
		return false;
	bytes = r->address_count * sizeof(*addresses);
	if (bytes + r->name_bytes > head->bytes - sizeof(*r))
		return false;
	name = arena_text(&t->arena, (const uint8_t *)addresses + bytes, r->name_bytes);
	*l = (struct lookup){
		.name = name,
		.call = head->detail,
		.asked_nobody = asked_nobody(r, name),
		.started_ns = trace_time(t, r->started_ns),
		.ended_ns = trace_time(t, r->ended_ns),
		.result = r->result,
		.tid = r->tid,
		.stack = r->stack,
		.address_count = r->address_count,
		.addresses = arena_copy(&t->arena, addresses, bytes),
	};
	return true;
}

static int compare_lookups(const void *a, const void *b)
{
	const struct lookup *x = a, *y = b;

	if (x->ended_ns != y->ended_ns)
		return x->ended_ns < y->ended_ns ? -1 : 1;
	return (x->started_ns > y->started_ns) - (x->started_ns < y->started_ns);
}

/* The address as a key: IPv4 is the same within IPv6 (RFC 4291, section 2.5.5.2). */
static struct trt_address key_of(uint16_t family, const uint8_t *bytes)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct trt_address key = { .family = family };

	if (family == AF_INET6 && memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return key_of(AF_INET, bytes + sizeof(mapped));
	memcpy(key.address, bytes, family == AF_INET6 ? 16 : 4);
	return key;
}

/* False if it is not the address of an internet host. */
static bool remote_key(const struct connection *c, struct trt_address *key)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (c->remote.length >= sizeof(in)) {
		memcpy(&in, c->remote.bytes, sizeof(in));
		if (in.sin_family == AF_INET) {
			*key = key_of(AF_INET, (const uint8_t *)&in.sin_addr);
			return true;
		}
	}
	if (c->remote.length < sizeof(in6))
		return false;
	memcpy(&in6, c->remote.bytes, sizeof(in6));
	*key = key_of(AF_INET6, (const uint8_t *)&in6.sin6_addr);
	return in6.sin6_family == AF_INET6;
}

static struct answered *index_lookups(struct process *p)
{
	struct answered *all = NULL, *a;

	for (size_t i = 0; i < p->lookup_count; i++) {
		struct lookup *l = &p->lookups[i];
		const struct trt_address *addresses = l->addresses;

		for (size_t j = 0; j < l->address_count; j++) {
			struct trt_address key =
				key_of(addresses[j].family, addresses[j].address);

			HASH_FIND(hh, all, &key, sizeof(key), a);
			if (!a) {
				a = xcalloc(1, sizeof(*a));
				a->address = key;
				HASH_ADD(hh, all, address, sizeof(key), a);
			}
			a->lookups = xgrow(a->lookups, a->count, &a->capacity,
					   sizeof(struct lookup *));
			a->lookups[a->count++] = l;
		}
	}
	return all;
}

static void free_index(struct answered *all)
{
	struct answered *a, *next;

	HASH_ITER(hh, all, a, next)
	{
		HASH_DEL(all, a);
		free(a->lookups);
		free(a);
	}
}

static struct lookup *latest_before(const struct answered *a, uint64_t ns)
{
	size_t low = 0, high = a->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (a->lookups[middle]->ended_ns <= ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? a->lookups[low - 1] : NULL;
}

/* When this process chose whom to talk to; UNKNOWN if it was not its choice. */
static uint64_t chosen_ns(const struct connection *c)
{
	if (c->connect_started_ns != UNKNOWN)
		return c->connect_started_ns;
	return c->origin == ORIGIN_PEER ? c->created_ns : UNKNOWN;
}

/* The lookup was made for the first connection that it led to; an address is no name for it. */
static void give(struct lookup *l, struct connection *c)
{
	if (l->asked_nobody)
		return;
	c->lookup = l;
	c->host = l->name[0] ? l->name : NULL;
	if (c->connect_error || c->connect_started_ns == UNKNOWN)
		return;
	if (!l->connection || c->connect_started_ns < l->connection->connect_started_ns)
		l->connection = c;
}

static void find_lookup(const struct answered *all, struct connection *c)
{
	const struct answered *a;
	struct trt_address key;
	struct lookup *l;

	if (chosen_ns(c) == UNKNOWN || !remote_key(c, &key))
		return;
	HASH_FIND(hh, all, &key, sizeof(key), a);
	l = a ? latest_before(a, chosen_ns(c)) : NULL;
	if (l)
		give(l, c);
}

/* The name that a client asks for in its handshake; a server's is its own. */
static const char *name_by_tls(const struct connection *c)
{
	return c->tls && !c->tls->server ? c->tls->server_name : NULL;
}

void names_link(struct trace *t)
{
	struct process *p = &t->process;
	struct answered *all;

	if (p->lookup_count)
		qsort(p->lookups, p->lookup_count, sizeof(*p->lookups), compare_lookups);
	all = index_lookups(p);
	for (size_t i = 0; i < p->connection_count; i++) {
		struct connection *c = &p->connections[i];

		if (c->origin == ORIGIN_FORKED && c->parent)
			c->host = c->parent->host;
		else
			find_lookup(all, c);
		if (!c->host)
			c->host = name_by_tls(c);
	}
	free_index(all);
}
