/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which round trips, calls and connections a view shows. */
#include "analyzer/reports/filter.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analyzer/util/alloc.h"

struct filter_cache {
	const struct connection *connection;
	bool passes;
	UT_hash_handle hh;
};

void filter_init(struct filter *f)
{
	*f = (struct filter){ .until_ns = UNKNOWN };
}

void filter_free(struct filter *f)
{
	struct filter_cache *entry, *next;

	HASH_ITER(hh, f->cache, entry, next)
	{
		HASH_DEL(f->cache, entry);
		free(entry);
	}
	free(f->pids.items);
	free(f->tids.items);
	free(f->peers.items);
	free(f->protocols.items);
	free(f->names.items);
}

bool filter_is_by_trip(const struct filter *f)
{
	return f->tids.count || f->protocols.count || f->names.count || f->statuses ||
	       f->since_ns || f->until_ns != UNKNOWN || f->min_duration_ns;
}

bool filter_is_set(const struct filter *f)
{
	return f->pids.count || f->peers.count || filter_is_by_trip(f);
}

static bool has_number(const struct number_list *list, int32_t number)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] == (uint64_t)number)
			return true;
	}
	return list->count == 0;
}

static bool has_match(const struct text_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (text && fnmatch(list->items[i], text, 0) == 0)
			return true;
	}
	return list->count == 0;
}

/* "example.org", and "example.org:80". */
static bool host_matches(const struct text_list *peers, const char *host, const char *address)
{
	const char *colon = strrchr(address, ':');
	char text[ADDRESS_TEXT_BYTES + 512];

	snprintf(text, sizeof(text), "%s%s", host, colon ? colon : "");
	return has_match(peers, host) || has_match(peers, text);
}

/* "127.0.0.1:80" also as "127.0.0.1", "[::1]:80" also as "::1" and "[::1]".  Changes the text. */
static bool address_matches(const struct text_list *peers, char *text)
{
	if (has_match(peers, text))
		return true;
	char *colon = strrchr(text, ':');
	if (text[0] == '/' || text[0] == '@' || !colon)
		return false;
	*colon = '\0';
	if (has_match(peers, text))
		return true;
	char *bracket = strchr(text, ']');
	if (text[0] != '[' || !bracket)
		return false;
	*bracket = '\0';
	return has_match(peers, text + 1);
}

/* "[::ffff:127.0.0.1]:80", of an IPv6 socket that speaks IPv4 as Java's do, as "127.0.0.1:80". */
static bool unmap(char *text)
{
	static const char mapped[] = "[::ffff:";
	const size_t prefix = sizeof(mapped) - 1;
	char *bracket = strchr(text, ']');

	if (strncmp(text, mapped, prefix) != 0 || !bracket || !strchr(text, '.'))
		return false;
	size_t host = (size_t)(bracket - text) - prefix;
	memmove(text, text + prefix, host);
	memmove(text + host, bracket + 1, strlen(bracket + 1) + 1);
	return true;
}

static bool peer_matches(const struct text_list *peers, const struct connection *c)
{
	char text[ADDRESS_TEXT_BYTES], plain[ADDRESS_TEXT_BYTES];

	address_format(&c->remote, text, sizeof(text));
	snprintf(plain, sizeof(plain), "%s", text);
	if (c->host && host_matches(peers, c->host, text))
		return true;
	return address_matches(peers, text) || (unmap(plain) && address_matches(peers, plain));
}

bool filter_process(const struct filter *f, const struct process *p)
{
	return has_number(&f->pids, p->pid);
}

bool filter_connection(struct filter *f, const struct connection *c)
{
	struct filter_cache *entry;

	if (!filter_process(f, c->process))
		return false;
	if (!f->peers.count)
		return true;
	HASH_FIND_PTR(f->cache, &c, entry);
	if (!entry) {
		entry = xcalloc(1, sizeof(*entry));
		entry->connection = c;
		entry->passes = peer_matches(&f->peers, c);
		HASH_ADD_PTR(f->cache, connection, entry);
	}
	return entry->passes;
}

bool filter_thread(const struct filter *f, const struct thread *t)
{
	return filter_process(f, t->process) && has_number(&f->tids, t->tid);
}

/* Whether something that lasted from start to end (UNKNOWN: to the recording's end) is within. */
static bool in_window(const struct filter *f, uint64_t start_ns, uint64_t end_ns)
{
	if (end_ns != UNKNOWN && end_ns < f->origin_ns + f->since_ns)
		return false;
	if (end_ns == UNKNOWN && f->end_ns < f->origin_ns + f->since_ns)
		return false;
	return f->until_ns == UNKNOWN || start_ns <= f->origin_ns + f->until_ns;
}

/* When a round trip was over: an unanswered one is open until its connection is closed. */
static uint64_t trip_end_ns(const struct round_trip *t)
{
	return t->end_ns != UNKNOWN ? t->end_ns : t->connection->closed_ns;
}

bool filter_trip(struct filter *f, const struct round_trip *t)
{
	if (!filter_is_set(f))
		return true;
	if (!filter_connection(f, t->connection))
		return false;
	if (f->tids.count && !(t->thread && has_number(&f->tids, t->thread->tid)))
		return false;
	if (f->statuses && !(f->statuses >> t->status & 1))
		return false;
	if (f->min_duration_ns &&
	    (t->latency_ns == UNKNOWN || t->latency_ns < f->min_duration_ns))
		return false;
	return has_match(&f->protocols, t->protocol) && has_match(&f->names, t->name) &&
	       in_window(f, t->start_ns, trip_end_ns(t));
}

bool filter_event(struct filter *f, const struct event *e)
{
	if (!filter_is_set(f))
		return true;
	if (e->connection ? !filter_connection(f, e->connection)
			  : f->peers.count || !filter_process(f, e->process))
		return false;
	if (f->tids.count && !(e->thread && has_number(&f->tids, e->thread->tid)))
		return false;
	return e->duration_ns >= f->min_duration_ns &&
	       in_window(f, e->start_ns, event_end_ns(e));
}
