/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds the other ends of Unix connections that the kernel was not asked about, as they
 * came and went too fast.
 *
 * The kernel remembers who connected, and the name of the socket that was connected to.
 * Where one connect() of a process to a name has not been accepted yet, and one connection of
 * that process to that name is accepted, the two are the ends of one.  Where
 * several wait, nobody can tell them apart, until none waits any more.
 */
#include "analyzer/model/sockets.h"

/* A connect() or an accept(). */
struct arrival {
	uint64_t queue; /* the same of one name, and one process that connects */
	uint64_t when_ns;
	struct socket *socket;
	bool accepted;
};

static uint64_t queue_number(const struct socket *s, const struct address *address, int32_t pid)
{
	struct address name = address_unix_name(address);
	uint64_t hash = hash_bytes(HASH_START, s->cookie.boot, sizeof(s->cookie.boot));

	return hash_bytes(hash_bytes(hash, &pid, sizeof(pid)), name.bytes, name.length);
}

/* Whether all connects of the process are in its trace. */
static bool is_complete(const struct process *p)
{
	return !p->lost_records && !p->damaged_chunks &&
	       !(p->blind_spots >> BLIND_IO_URING & 1);
}

/* False if the socket neither connected nor was accepted, or is not to be found this way. */
static bool is_arrival(struct socket *s, struct arrival *a)
{
	*a = (struct arrival){ .when_ns = s->opened_ns, .socket = s };
	if (s->transport != TRANSPORT_UNIX || s->datagram || s->peer || s->peer_inode ||
	    s->failed || s->opened_ns == UNKNOWN)
		return false;
	for (size_t i = 0; i < s->count; i++) {
		const struct connection *c = s->users[i]->connection;

		a->accepted = c->origin == ORIGIN_ACCEPT;
		if (a->accepted && c->peer_pid && address_unix_name(&s->local).length) {
			a->queue = queue_number(s, &s->local, c->peer_pid);
			return true;
		}
		if (c->connect_started_ns != UNKNOWN && is_complete(c->process) &&
		    address_unix_name(&s->remote).length) {
			a->queue = queue_number(s, &s->remote, c->process->pid);
			return true;
		}
	}
	return false;
}

static int compare_arrivals(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	if (x->queue != y->queue)
		return x->queue < y->queue ? -1 : 1;
	if (x->when_ns != y->when_ns)
		return x->when_ns < y->when_ns ? -1 : 1;
	return x->accepted - y->accepted;
}

/* All of one queue, in order. */
static void match_queue(struct arrival *all, size_t count)
{
	struct socket *only = NULL; /* that waits; NULL while there are several */
	size_t waiting = 0;

	for (size_t i = 0; i < count; i++) {
		if (!all[i].accepted) {
			only = waiting ? NULL : all[i].socket;
			waiting++;
		} else if (waiting) {
			if (only)
				join(only, all[i].socket);
			only = NULL;
			waiting--;
		}
	}
}

void match_queues(struct peers *p)
{
	struct arrival *all = xcalloc(p->count + 1, sizeof(*all));
	size_t count = 0, first = 0;

	for (size_t i = 0; i < p->count; i++)
		count += is_arrival(p->sockets[i], &all[count]);
	qsort(all, count, sizeof(*all), compare_arrivals);
	for (size_t i = 1; i <= count; i++) {
		if (i < count && all[i].queue == all[first].queue)
			continue;
		match_queue(all + first, i - first);
		first = i;
	}
	free(all);
}
