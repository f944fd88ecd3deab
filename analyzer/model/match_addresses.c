/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds sockets that have each other's addresses at the same time. */
#include "analyzer/model/sockets.h"

static bool is_ipv4(const struct internet_end *e)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(e->host, mapped, sizeof(mapped)) == 0;
}

static bool is_wildcard(const struct internet_end *e)
{
	static const uint8_t any[16];

	return is_ipv4(e) ? memcmp(e->host + 12, any, 4) == 0 : memcmp(e->host, any, 16) == 0;
}

static bool is_loopback(const struct internet_end *e)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return is_ipv4(e) ? e->host[12] == 127 : memcmp(e->host, loopback, 16) == 0;
}

static bool same_network(const struct socket *a, const struct socket *b)
{
	uint32_t x = a->process->network_namespace, y = b->process->network_namespace;

	return same_machine(a, b) && (x == y || !x || !y);
}

/* An unconnected datagram socket is bound to all addresses of its machine. */
static bool is_at(const struct internet_end *local, const struct internet_end *remote)
{
	return local->port == remote->port &&
	       (is_wildcard(local) || memcmp(local->host, remote->host, sizeof(local->host)) == 0);
}

static bool internet_match(const struct socket *a, const struct socket *b)
{
	if (!is_at(&a->local_end, &b->remote_end) || !is_at(&b->local_end, &a->remote_end))
		return false;
	if (is_loopback(&a->remote_end) || is_loopback(&b->remote_end))
		return same_network(a, b);
	return same_machine(a, b) ||
	       !(is_wildcard(&a->local_end) || is_wildcard(&b->local_end));
}

static bool same_name(const struct address *a, const struct address *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool unix_match(const struct socket *a, const struct socket *b)
{
	struct address a_local = address_unix_name(&a->local);
	struct address a_remote = address_unix_name(&a->remote);
	struct address b_local = address_unix_name(&b->local);
	struct address b_remote = address_unix_name(&b->remote);

	return same_name(&a_local, &b_remote) && same_name(&b_local, &a_remote) &&
	       same_network(a, b);
}

/* A number that both ends have in common, whichever address is the local one; 0: none. */
static uint64_t match_number(struct socket *s)
{
	struct address local = address_unix_name(&s->local), remote = address_unix_name(&s->remote);

	s->internet = (s->transport == TRANSPORT_TCP || s->transport == TRANSPORT_UDP) &&
		      address_internet_end(&s->local, &s->local_end) &&
		      address_internet_end(&s->remote, &s->remote_end);
	if (s->internet)
		return (uint64_t)(s->transport + 1) << 32 |
		       (uint64_t)s->local_end.port * s->remote_end.port;
	if (s->transport == TRANSPORT_UNIX && s->datagram && local.length && remote.length)
		return hash_bytes(HASH_START, local.bytes, local.length) ^
		       hash_bytes(HASH_START, remote.bytes, remote.length);
	return 0;
}

/* A server may accept after the client has closed: no other one has its port again so soon. */
#define LATE_NS 1000000000u

static bool same_time(const struct socket *a, const struct socket *b)
{
	uint64_t later = a->opened_ns > b->opened_ns ? a->opened_ns : b->opened_ns;
	uint64_t sooner = a->closed_ns < b->closed_ns ? a->closed_ns : b->closed_ns;

	return later <= sooner || later - sooner <= LATE_NS;
}

/* Nothing is accepted before the other end began to connect; clocks of two machines do not tell. */
static bool in_order(const struct socket *a, const struct socket *b)
{
	if (!same_machine(a, b))
		return true;
	return !(a->accepted && b->connecting && a->opened_ns < b->opened_ns) &&
	       !(b->accepted && a->connecting && b->opened_ns < a->opened_ns);
}

static bool may_be_peers(const struct socket *a, const struct socket *b)
{
	return a->transport == b->transport && a->internet == b->internet && same_time(a, b) &&
	       in_order(a, b) &&
	       (a->internet ? internet_match(a, b) : unix_match(a, b));
}

static uint64_t distance(const struct socket *a, const struct socket *b)
{
	return a->opened_ns > b->opened_ns ? a->opened_ns - b->opened_ns :
					     b->opened_ns - a->opened_ns;
}

/* Numbers are used again: of those with the same match, so many on each side are tried. */
#define NEIGHBOURS 32

/* Of all with the same addresses the one opened at most nearly the same time. */
static struct socket *best_match(struct socket **all, size_t count, size_t i)
{
	size_t first = i > NEIGHBOURS ? i - NEIGHBOURS : 0;
	size_t end = count - i > NEIGHBOURS ? i + NEIGHBOURS + 1 : count;
	struct socket *best = NULL;

	for (size_t j = first; j < end; j++)
		if (j != i && all[j]->match == all[i]->match && may_be_peers(all[i], all[j]) &&
		    (!best || distance(all[i], all[j]) < distance(all[i], best)))
			best = all[j];
	return best;
}

static int compare_matches(const void *a, const void *b)
{
	const struct socket *x = *(struct socket *const *)a, *y = *(struct socket *const *)b;

	if (x->match != y->match)
		return x->match < y->match ? -1 : 1;
	return (x->opened_ns > y->opened_ns) - (x->opened_ns < y->opened_ns);
}

/* By addresses: two sockets that are each other's best match. */
void match_addresses(struct peers *p)
{
	struct socket **all = xcalloc(p->count + 1, sizeof(struct socket *)), **best;
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++) {
		struct socket *s = p->sockets[i];

		s->match = s->peer || s->failed || s->opened_ns == UNKNOWN ? 0 : match_number(s);
		if (s->match)
			all[count++] = s;
	}
	qsort(all, count, sizeof(struct socket *), compare_matches);
	best = xcalloc(count + 1, sizeof(struct socket *));
	for (size_t i = 0; i < count; i++)
		best[i] = best_match(all, count, i);
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; best[i] && j < count && j - i <= NEIGHBOURS; j++)
			if (all[j] == best[i] && best[j] == all[i])
				join(all[i], all[j]);
	free(best);
	free(all);
}
