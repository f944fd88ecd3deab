/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the sockets behind connections, and which of them the kernel's numbers join. */
#include "analyzer/model/sockets.h"

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

/* NULL before it was added. */
static struct user *user_of(const struct peers *p, const struct connection *c)
{
	struct user *u;

	HASH_FIND_PTR(p->users, &c, u);
	return u;
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
		return user_of(p, c->parent)->socket;
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

	*u = (struct user){ .connection = c, .socket = s, .shift = { UNKNOWN, UNKNOWN } };
	HASH_ADD_PTR(p->users, connection, u);
	s->users = xgrow(s->users, s->count, &s->capacity, sizeof(struct user *));
	s->users[s->count++] = u;
	if (c->local.length)
		s->local = c->local;
	if (c->remote.length)
		s->remote = c->remote;
	if (c->peer_inode)
		s->peer_inode = c->peer_inode;
	s->connecting |= c->connect_started_ns != UNKNOWN;
	s->accepted |= c->origin == ORIGIN_ACCEPT;
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

/* By inode: one of the two has to name the other, and neither a third. */
static void match_inodes(struct peers *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct socket *s = p->sockets[i], *other;

		if (!s->peer_inode || s->peer)
			continue;
		other = find_inode(p, s->process, s->peer_inode);
		if (!other || other->peer || (other->peer_inode && other->peer_inode != s->inode.number))
			continue;
		/* Many datagram sockets may send to one that is connected to none of them. */
		if (other->peer_inode || !s->datagram)
			join(s, other);
	}
}

/* Offsets */

/* How far one stream of a socket was when its users so far were done. */
struct progress {
	uint64_t end;     /* UNKNOWN, and it stays so */
	uint64_t last_ns; /* of its last call that moved bytes; 0: none */
};

static void go_on(struct progress *p, uint64_t shift, uint64_t end, uint64_t last_ns)
{
	if (shift == UNKNOWN)
		p->end = UNKNOWN;
	else if (p->end != UNKNOWN && shift + end > p->end)
		p->end = shift + end;
	if (last_ns != UNKNOWN && last_ns > p->last_ns)
		p->last_ns = last_ns;
}

static uint64_t goes_on_at(const struct progress *p, uint64_t created_ns)
{
	return p->last_ns > created_ns ? UNKNOWN : p->end;
}

static int compare_users(const void *a, const void *b)
{
	const struct user *x = *(struct user *const *)a, *y = *(struct user *const *)b;
	const struct process *p = x->connection->process, *q = y->connection->process;

	if (x->connection->created_ns != y->connection->created_ns)
		return x->connection->created_ns < y->connection->created_ns ? -1 : 1;
	if (p->started_ns != q->started_ns)
		return p->started_ns < q->started_ns ? -1 : 1;
	return (x->connection->id > y->connection->id) - (x->connection->id < y->connection->id);
}

/*
 * Of a socket that was found open the offsets count from there, and go on where those who
 * had used it before stopped: they have to have stopped by then.
 */
static void shift_users(const struct peers *p, struct socket *s)
{
	struct progress sent = { 0, 0 }, received = { 0, 0 };
	size_t before = 0; /* users of an earlier time than this one, whose progress is counted */

	qsort(s->users, s->count, sizeof(struct user *), compare_users);
	for (size_t i = 0; i < s->count; i++) {
		struct user *u = s->users[i];
		const struct connection *c = u->connection;

		for (; s->users[before]->connection->created_ns < c->created_ns; before++) {
			const struct user *b = s->users[before];
			struct connection_stats stats = model_connection(p->model, b->connection);
			bool unread = b->connection->process->skipped;

			go_on(&sent, unread ? UNKNOWN : b->shift.sent, stats.socket_sent,
			      stats.sent_last_ns);
			go_on(&received, unread ? UNKNOWN : b->shift.received,
			      stats.socket_received, stats.received_last_ns);
		}
		if (c->origin == ORIGIN_FORKED && c->parent)
			u->shift = user_of(p, c->parent)->shift;
		else if (c->offsets_known)
			u->shift = (struct stream_shift){ 0, 0 };
		else if (before)
			u->shift = (struct stream_shift){ goes_on_at(&sent, c->created_ns),
							  goes_on_at(&received, c->created_ns) };
	}
}

/* What others see */

struct peers *peers_new(const struct recording *r, const struct model *m)
{
	struct peers *p = xcalloc(1, sizeof(*p));

	p->model = m;
	add_connections(p, r);
	match_inodes(p);
	match_addresses(p);
	match_queues(p);
	for (size_t i = 0; i < p->count; i++)
		shift_users(p, p->sockets[i]);
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
	const struct socket *s = user_of(p, c)->socket->peer;
	const struct connection *best = s ? s->users[0]->connection : NULL;

	for (size_t i = 1; s && i < s->count; i++)
		if (bytes_of(p, s->users[i]->connection) > bytes_of(p, best))
			best = s->users[i]->connection;
	return best;
}

struct stream_shift peers_shift(const struct peers *p, const struct connection *c)
{
	return user_of(p, c)->shift;
}
