/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the sockets behind connections, and which two of them are joined. */
#include "analyzer/model/peers.h"

#include <string.h>

#include "analyzer/util/hash.h"

/* A number of the kernel's, which each start of a machine gives out anew. */
struct kernel_number {
	uint8_t boot[16];
	uint64_t number;
};

/* An open socket, whoever has it. */
struct socket {
	const struct process *process;   /* of its first user */
	const struct connection **users; /* in order of their processes' start */
	size_t count, capacity;
	enum transport transport;
	bool datagram;
	bool failed;                     /* connect() did */
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

struct user {
	const struct connection *connection;
	struct socket *socket;
	UT_hash_handle hh;
};

struct peers {
	const struct model *model;
	struct user *users;
	struct socket **sockets;
	size_t count, capacity;
	struct socket *cookies, *inodes;
};

/* Sockets */

/* Where the kernel's number of its start is not known, the machine's name stands for it. */
static struct kernel_number number_of(const struct process *p, uint64_t number)
{
	static const uint8_t unknown[sizeof(p->boot_id)];
	struct kernel_number n = { .number = number };

	if (memcmp(p->boot_id, unknown, sizeof(unknown)) != 0)
		memcpy(n.boot, p->boot_id, sizeof(n.boot));
	else
		memcpy(n.boot, p->host_name, strnlen(p->host_name, sizeof(n.boot)));
	return n;
}

static struct socket *socket_of(const struct peers *p, const struct connection *c)
{
	struct user *u;

	HASH_FIND_PTR(p->users, &c, u);
	return u ? u->socket : NULL;
}

static struct socket *find_inode(const struct peers *p, const struct process *process,
				 uint64_t inode)
{
	struct kernel_number n = number_of(process, inode);
	struct socket *s;

	HASH_FIND(by_inode, p->inodes, &n, sizeof(n), s);
	return s;
}

/* The socket that the connection is of, if others of its users are known. */
static struct socket *known_socket(const struct peers *p, const struct connection *c)
{
	struct kernel_number n = number_of(c->process, c->cookie);
	struct socket *s = NULL;

	if (c->origin == ORIGIN_FORKED && c->parent)
		return socket_of(p, c->parent);
	/* A datagram socket has as many connections as peers, each with another one. */
	if (c->cookie && c->origin != ORIGIN_PEER)
		HASH_FIND(by_cookie, p->cookies, &n, sizeof(n), s);
	return s;
}

static struct socket *add_socket(struct peers *p, const struct connection *c)
{
	struct socket *s = xcalloc(1, sizeof(*s));

	s->process = c->process;
	s->transport = c->transport;
	s->datagram = c->datagram;
	s->opened_ns = UNKNOWN;
	s->cookie = number_of(c->process, c->cookie);
	s->inode = number_of(c->process, c->inode);
	p->sockets = xgrow(p->sockets, p->count, &p->capacity, sizeof(struct socket *));
	p->sockets[p->count++] = s;
	if (c->origin == ORIGIN_PEER)
		return s;
	if (c->cookie)
		HASH_ADD(by_cookie, p->cookies, cookie, sizeof(s->cookie), s);
	if (c->inode && !find_inode(p, c->process, c->inode))
		HASH_ADD(by_inode, p->inodes, inode, sizeof(s->inode), s);
	return s;
}

static void add_user(struct peers *p, struct socket *s, const struct connection *c)
{
	struct user *u = xcalloc(1, sizeof(*u));
	uint64_t opened = c->connect_started_ns != UNKNOWN ? c->connect_started_ns : c->created_ns;
	uint64_t closed = c->closed_ns != UNKNOWN ? c->closed_ns : c->process->ended_ns;

	*u = (struct user){ .connection = c, .socket = s };
	HASH_ADD_PTR(p->users, connection, u);
	s->users = xgrow(s->users, s->count, &s->capacity, sizeof(struct connection *));
	s->users[s->count++] = c;
	if (c->local.length)
		s->local = c->local;
	if (c->remote.length)
		s->remote = c->remote;
	if (c->peer_inode)
		s->peer_inode = c->peer_inode;
	s->failed |= c->connect_started_ns != UNKNOWN && c->connect_error;
	if (opened < s->opened_ns)
		s->opened_ns = opened;
	if (closed > s->closed_ns)
		s->closed_ns = closed;
}

static void add_connections(struct peers *p, const struct recording *r)
{
	size_t count;
	struct process **processes = recording_processes(r, &count);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < processes[i]->connection_count; j++) {
			const struct connection *c = &processes[i]->connections[j];
			struct socket *s = known_socket(p, c);

			add_user(p, s ? s : add_socket(p, c), c);
		}
}

static void join(struct socket *a, struct socket *b)
{
	a->peer = b;
	b->peer = a;
}

/* By inode: one of the two has to name the other, and neither a third. */
static void match_inodes(struct peers *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct socket *s = p->sockets[i], *other;

		if (!s->peer_inode)
			continue;
		other = find_inode(p, s->process, s->peer_inode);
		if (!other || (other->peer_inode && other->peer_inode != s->inode.number))
			continue;
		/* Many datagram sockets may send to one that is connected to none of them. */
		if (other->peer_inode || !s->datagram)
			join(s, other);
	}
}

/* Addresses */

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

static bool same_machine(const struct socket *a, const struct socket *b)
{
	return memcmp(a->cookie.boot, b->cookie.boot, sizeof(a->cookie.boot)) == 0;
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

/* 64-bit FNV-1a (draft-eastlake-fnv). */
static uint64_t hash_name(const struct address *a)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < a->length; i++)
		hash = (hash ^ a->bytes[i]) * 0x100000001b3u;
	return hash;
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
		return hash_name(&local) ^ hash_name(&remote);
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

static bool may_be_peers(const struct socket *a, const struct socket *b)
{
	return a->transport == b->transport && a->internet == b->internet && same_time(a, b) &&
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
static void match_addresses(struct peers *p)
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

/* What others see */

struct peers *peers_new(const struct recording *r, const struct model *m)
{
	struct peers *p = xcalloc(1, sizeof(*p));

	p->model = m;
	add_connections(p, r);
	match_inodes(p);
	match_addresses(p);
	return p;
}

void peers_free(struct peers *p)
{
	struct user *u, *next;

	if (!p)
		return;
	HASH_ITER(hh, p->users, u, next)
	{
		HASH_DEL(p->users, u);
		free(u);
	}
	HASH_CLEAR(by_cookie, p->cookies);
	HASH_CLEAR(by_inode, p->inodes);
	for (size_t i = 0; i < p->count; i++) {
		free(p->sockets[i]->users);
		free(p->sockets[i]);
	}
	free(p->sockets);
	free(p);
}

/* What it moved; where events were not read, by its close, and 0 if there was none. */
static uint64_t bytes_of(const struct peers *p, const struct connection *c)
{
	struct connection_stats stats = model_connection(p->model, c);

	if (!c->process->skipped)
		return stats.bytes_sent + stats.bytes_received;
	return c->closed_sent == UNKNOWN ? 0 : c->closed_sent - c->sent_before +
					       c->closed_received - c->received_before;
}

const struct connection *peers_of(const struct peers *p, const struct connection *c)
{
	const struct socket *s = socket_of(p, c)->peer;
	const struct connection *best = s ? s->users[0] : NULL;

	for (size_t i = 1; s && i < s->count; i++)
		if (bytes_of(p, s->users[i]) > bytes_of(p, best))
			best = s->users[i];
	return best;
}

static struct stream_shift shift_before(const struct peers *p, const struct connection *c);

struct stream_shift peers_shift(const struct peers *p, const struct connection *c)
{
	while (c->origin == ORIGIN_FORKED && c->parent)
		c = c->parent;
	return c->offsets_known ? (struct stream_shift){ 0, 0 } : shift_before(p, c);
}

/* Raises *shift to where this user's stream ended; UNKNOWN if it went on behind ns. */
static void go_on_from(uint64_t *shift, uint64_t its_shift, uint64_t end, uint64_t last_ns,
		       uint64_t ns)
{
	if (*shift == UNKNOWN || its_shift == UNKNOWN || (last_ns != UNKNOWN && last_ns > ns))
		*shift = UNKNOWN;
	else if (its_shift + end > *shift)
		*shift = its_shift + end;
}

/* A socket found open goes on where its users before it stopped. */
static struct stream_shift shift_before(const struct peers *p, const struct connection *c)
{
	const struct socket *s = socket_of(p, c);
	struct stream_shift shift = { 0, 0 };
	bool any = false;

	for (size_t i = 0; i < s->count; i++) {
		const struct connection *u = s->users[i];
		struct connection_stats stats = model_connection(p->model, u);
		struct stream_shift its;

		if (u == c || u->created_ns >= c->created_ns)
			continue;
		if (u->process->skipped)
			return (struct stream_shift){ UNKNOWN, UNKNOWN };
		any = true;
		its = peers_shift(p, u);
		go_on_from(&shift.sent, its.sent, stats.socket_sent,
			   stats.sent_last_ns, c->created_ns);
		go_on_from(&shift.received, its.received, stats.socket_received,
			   stats.received_last_ns, c->created_ns);
	}
	return any ? shift : (struct stream_shift){ UNKNOWN, UNKNOWN };
}
