/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the dictionary: stacks, modules, threads, connections, lookups, notes.  Two passes,
 * as a record may lie in front of the one it adds to: the first collects the ids of all
 * connections, the second fills in what is known of each.
 */
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "analyzer/trace/load.h"
#include "analyzer/trace/handshakes.h"
#include "analyzer/trace/names.h"
#include "analyzer/trace/views.h"

struct dictionary {
	struct trace *trace;
	struct id_set *ids;
	size_t stack_capacity, module_capacity, note_capacity, lookup_capacity;
};

typedef void visit_record(struct dictionary *d, const struct trt_record *r);

static void collect_id(struct dictionary *d, const struct trt_record *r)
{
	switch (r->type) {
	case TRT_RECORD_CONNECTION:
	case TRT_RECORD_ADDRESSES:
	case TRT_RECORD_CONNECTED:
	case TRT_RECORD_CLOSED:
	case TRT_RECORD_KERNEL_LAST:
	case TRT_RECORD_UNIX_PEER:
	case TRT_RECORD_TLS:
		if (r->id)
			id_set_add(d->ids, r->id);
		break;
	default:
		break;
	}
}

static enum transport transport_of(const struct trt_connection *r)
{
	switch (r->family) {
	case AF_UNIX:
		return TRANSPORT_UNIX;
	case AF_INET:
	case AF_INET6:
		if (r->socket_type == SOCK_STREAM && (!r->protocol || r->protocol == IPPROTO_TCP))
			return TRANSPORT_TCP;
		if (r->socket_type == SOCK_DGRAM && (!r->protocol || r->protocol == IPPROTO_UDP))
			return TRANSPORT_UDP;
		return TRANSPORT_OTHER;
	default:
		return TRANSPORT_OTHER;
	}
}

static enum origin origin_of(uint8_t origin)
{
	switch (origin) {
	case TRT_ORIGIN_SOCKET:
		return ORIGIN_SOCKET;
	case TRT_ORIGIN_ACCEPT:
		return ORIGIN_ACCEPT;
	case TRT_ORIGIN_PAIR:
		return ORIGIN_PAIR;
	case TRT_ORIGIN_FORKED:
		return ORIGIN_FORKED;
	case TRT_ORIGIN_PEER:
		return ORIGIN_PEER;
	default:
		return ORIGIN_FOUND;
	}
}

static void read_connection(struct dictionary *d, const struct trt_record *head)
{
	const struct trt_connection *r = (const void *)head;
	struct process *p = &d->trace->process;
	struct connection *c = process_connection(p, head->id);

	/* The first files end before the cookie, the next ones before the flags. */
	if (!c || head->bytes < offsetof(struct trt_connection, cookie) ||
	    c->created_ns != UNKNOWN)
		return;
	c->fd = r->fd;
	c->transport = transport_of(r);
	c->origin = origin_of(head->detail);
	c->datagram = r->socket_type == SOCK_DGRAM || r->socket_type == SOCK_RAW ||
		      r->socket_type == SOCK_RDM;
	c->inode = r->inode;
	c->cookie = head->bytes > offsetof(struct trt_connection, cookie) ? r->cookie : 0;
	c->offsets_known = c->origin != ORIGIN_FOUND ||
			   (head->bytes >= sizeof(*r) && (r->flags & TRT_CONNECTION_OFFSETS));
	c->created_ns = trace_time(d->trace, r->created_ns);
	c->sent_before = r->sent_before < INT64_MAX ? r->sent_before : 0;
	c->received_before = r->received_before < INT64_MAX ? r->received_before : 0;
	/* That of a forked one is in another process: see link_parents(). */
	if (c->origin == ORIGIN_PEER)
		c->parent = process_connection(p, r->parent);
}

static void set_address(struct dictionary *d, struct address *a, const uint8_t *bytes,
			uint16_t length)
{
	if (!length)
		return;
	a->bytes = arena_copy(&d->trace->arena, bytes, length);
	a->length = length;
}

static void read_unix_peer(struct dictionary *d, const struct trt_record *head)
{
	const struct trt_unix_peer *r = (const void *)head;
	struct connection *c = process_connection(&d->trace->process, head->id);

	if (!c || head->bytes < sizeof(*r))
		return;
	c->peer_inode = r->inode;
	c->peer_pid = r->pid;
}

static void read_addresses(struct dictionary *d, const struct trt_record *head)
{
	const struct trt_addresses *r = (const void *)head;
	struct connection *c = process_connection(&d->trace->process, head->id);
	const uint8_t *bytes = (const uint8_t *)(r + 1);

	if (!c || head->bytes < sizeof(*r) ||
	    r->local_bytes + r->remote_bytes > head->bytes - sizeof(*r))
		return;
	set_address(d, &c->local, bytes, r->local_bytes);
	set_address(d, &c->remote, bytes + r->local_bytes, r->remote_bytes);
}

/*
 * A socket may be connected again after a failure, and a connect() that went on may
 * be reported by each call that notices its end: the first success counts, without
 * one the last failure.
 */
static bool counts_more(const struct connection *c, uint64_t started_ns, int32_t error)
{
	if (c->connect_started_ns == UNKNOWN)
		return true;
	if (!error != !c->connect_error)
		return !error;
	return error ? started_ns >= c->connect_started_ns : started_ns < c->connect_started_ns;
}

static void read_connected(struct dictionary *d, const struct trt_record *head)
{
	const struct trt_connected *r = (const void *)head;
	struct connection *c = process_connection(&d->trace->process, head->id);
	uint64_t started_ns;

	if (!c || head->bytes < sizeof(*r) || r->ended_ns < r->started_ns)
		return;
	started_ns = trace_time(d->trace, r->started_ns);
	if (!counts_more(c, started_ns, r->error))
		return;
	c->connect_started_ns = started_ns;
	c->connect_ended_ns = trace_time(d->trace, r->ended_ns);
	c->connect_error = r->error;
	c->connect_stack = r->stack;
	c->connect_language_stack = r->language_stack;
	c->connect_tid = r->tid;
}

static void read_closed(struct dictionary *d, const struct trt_record *head)
{
	const struct trt_closed *r = (const void *)head;
	struct connection *c = process_connection(&d->trace->process, head->id);

	if (!c || head->bytes < sizeof(*r) || r->sent > INT64_MAX || r->received > INT64_MAX)
		return;
	c->closed_ns = trace_time(d->trace, r->closed_ns);
	c->closed_sent = r->sent;
	c->closed_received = r->received;
}

static void read_kernel_last(struct dictionary *d, const struct trt_record *head)
{
	struct connection *c = process_connection(&d->trace->process, head->id);
	struct kernel_view view;

	if (c && view_decode(d->trace, head, &view))
		c->closed_view = arena_copy(&d->trace->arena, &view, sizeof(view));
}

/* A handshake may be tried again: the first success counts, without one the last failure. */
static void read_tls(struct dictionary *d, const struct trt_record *head)
{
	struct connection *c = process_connection(&d->trace->process, head->id);
	struct tls tls;

	if (!c || !tls_decode(d->trace, head, &tls))
		return;
	if (!c->tls || (c->tls->error && (!tls.error || tls.ended_ns >= c->tls->ended_ns)))
		c->tls = arena_copy(&d->trace->arena, &tls, sizeof(tls));
}

static void read_lookup(struct dictionary *d, const struct trt_record *head)
{
	struct process *p = &d->trace->process;

	p->lookups = xgrow(p->lookups, p->lookup_count, &d->lookup_capacity, sizeof(*p->lookups));
	p->lookup_count += names_decode(d->trace, head, &p->lookups[p->lookup_count]);
}

static void read_stack(struct dictionary *d, const struct trt_record *head)
{
	const struct trt_stack *r = (const void *)head;
	struct trace *t = d->trace;
	struct stack *s;

	if (!head->id || head->bytes < sizeof(*r) ||
	    r->depth > (head->bytes - sizeof(*r)) / sizeof(uint64_t))
		return;
	t->stacks = xgrow(t->stacks, t->process.stack_count, &d->stack_capacity, sizeof(*s));
	s = &t->stacks[t->process.stack_count++];
	*s = (struct stack){
		.id = head->id,
		.depth = r->depth,
		.cut_short = head->detail == 1,
		.first_seen_ns = trace_time(t, r->first_seen_ns),
		.addresses = arena_copy(&t->arena, r + 1, r->depth * sizeof(uint64_t)),
	};
}

static void read_module(struct dictionary *d, const struct trt_record *head)
{
	const struct trt_module *r = (const void *)head;
	struct process *p = &d->trace->process;
	const uint8_t *bytes = (const uint8_t *)(r + 1);
	struct arena *arena = &d->trace->arena;

	if (head->bytes < sizeof(*r) || r->start > r->end || r->path_bytes > head->bytes ||
	    head->detail + r->path_bytes > head->bytes - sizeof(*r))
		return;
	p->modules = xgrow(p->modules, p->module_count, &d->module_capacity, sizeof(*p->modules));
	p->modules[p->module_count++] = (struct module){
		.id = head->id,
		.path = arena_text(arena, bytes + head->detail, r->path_bytes),
		.build_id = arena_copy(arena, bytes, head->detail),
		.build_id_bytes = head->detail,
		.seen_ns = trace_time(d->trace, r->seen_ns),
		.load_bias = r->load_bias,
		.start = r->start,
		.end = r->end,
	};
}

static void read_thread(struct dictionary *d, const struct trt_record *head)
{
	const struct trt_thread *r = (const void *)head;
	struct thread *thread;

	if (head->bytes < sizeof(*r))
		return;
	thread = &trace_run(d->trace, (int32_t)head->id)->thread;
	memcpy(thread->name, r->name, sizeof(thread->name) - 1);
}

static void read_note(struct dictionary *d, const struct trt_record *head)
{
	const struct trt_note *r = (const void *)head;
	struct process *p = &d->trace->process;
	const char **notes = (const char **)p->notes;

	if (head->bytes < sizeof(*r) || r->text_bytes > head->bytes - sizeof(*r))
		return;
	notes = xgrow(notes, p->note_count, &d->note_capacity, sizeof(*notes));
	notes[p->note_count++] = arena_text(&d->trace->arena, r + 1, r->text_bytes);
	p->notes = notes;
}

static void read_runtime(struct dictionary *d, const struct trt_record *head)
{
	languages_read_runtime(d->trace, head);
}

static void read_function(struct dictionary *d, const struct trt_record *head)
{
	languages_read_function(d->trace, head);
}

static void read_language_frame(struct dictionary *d, const struct trt_record *head)
{
	languages_read_frame(d->trace, head);
}

static void read_language_stack(struct dictionary *d, const struct trt_record *head)
{
	languages_read_stack(d->trace, head);
}

/* PENDING ones, and those of a kind that a newer library writes, are passed over. */
static visit_record *const readers[256] = {
	[TRT_RECORD_STACK] = read_stack,
	[TRT_RECORD_MODULE] = read_module,
	[TRT_RECORD_THREAD] = read_thread,
	[TRT_RECORD_CONNECTION] = read_connection,
	[TRT_RECORD_ADDRESSES] = read_addresses,
	[TRT_RECORD_CONNECTED] = read_connected,
	[TRT_RECORD_CLOSED] = read_closed,
	[TRT_RECORD_NOTE] = read_note,
	[TRT_RECORD_KERNEL_LAST] = read_kernel_last,
	[TRT_RECORD_UNIX_PEER] = read_unix_peer,
	[TRT_RECORD_LOOKUP] = read_lookup,
	[TRT_RECORD_TLS] = read_tls,
	[TRT_RECORD_RUNTIME] = read_runtime,
	[TRT_RECORD_LANGUAGE_FUNCTION] = read_function,
	[TRT_RECORD_LANGUAGE_FRAME] = read_language_frame,
	[TRT_RECORD_LANGUAGE_STACK] = read_language_stack,
};

static void read_record(struct dictionary *d, const struct trt_record *r)
{
	if (readers[r->type])
		readers[r->type](d, r);
}

/* Returns false if a record's length makes no sense: what follows cannot be found. */
static bool visit_chunk(struct dictionary *d, const uint8_t *data, uint32_t end,
			visit_record *visit)
{
	uint32_t at = sizeof(struct trt_chunk);

	while (at < end) {
		const struct trt_record *r = record_at(data, at, end);
		uint64_t word;

		if (r) {
			visit(d, r);
			at += r->bytes;
			continue;
		}
		if (end - at < sizeof(word))
			return false;
		memcpy(&word, data + at, sizeof(word));
		if (word)
			return false;
		at += sizeof(word); /* reserved, but not written before its process was killed */
	}
	return true;
}

static void visit_records(struct dictionary *d, const struct chunk_place *chunks, size_t count,
			  visit_record *visit, size_t *damaged)
{
	uint8_t *data = d->trace->chunk;

	*damaged = 0;
	for (size_t i = 0; i < count; i++) {
		size_t there = trace_file_read(&d->trace->file,
					       (uint64_t)chunks[i].number * TRT_CHUNK_BYTES, data,
					       TRT_CHUNK_BYTES);
		bool whole = visit_chunk(d, data, (uint32_t)there, visit);

		*damaged += !whole || there < TRT_CHUNK_BYTES;
	}
}

static void make_connections(struct dictionary *d)
{
	struct process *p = &d->trace->process;
	uint32_t *ids = id_set_sorted(d->ids);

	p->connection_count = d->ids->count;
	p->connections = xcalloc(p->connection_count, sizeof(*p->connections));
	for (size_t i = 0; i < p->connection_count; i++)
		p->connections[i] = (struct connection){
			.process = p,
			.id = ids[i],
			.fd = -1,
			.transport = TRANSPORT_OTHER,
			.origin = ORIGIN_FOUND,
			.created_ns = UNKNOWN,
			.connect_started_ns = UNKNOWN,
			.connect_ended_ns = UNKNOWN,
			.closed_ns = UNKNOWN,
			.closed_sent = UNKNOWN,
			.closed_received = UNKNOWN,
		};
	free(ids);
}

static int compare_stacks(const void *a, const void *b)
{
	const struct stack *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int compare_modules(const void *a, const void *b)
{
	const struct module *x = a, *y = b;

	if (x->seen_ns != y->seen_ns)
		return x->seen_ns < y->seen_ns ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Two threads that met a stack at the same time may both have written it. */
static void sort_stacks(struct trace *t)
{
	size_t kept = 0;

	if (!t->process.stack_count)
		return;
	qsort(t->stacks, t->process.stack_count, sizeof(*t->stacks), compare_stacks);
	for (size_t i = 0; i < t->process.stack_count; i++)
		if (kept == 0 || t->stacks[i].id != t->stacks[kept - 1].id)
			t->stacks[kept++] = t->stacks[i];
	t->process.stack_count = kept;
}

void dictionary_load(struct trace *t, const struct chunk_place *chunks, size_t count,
		     struct id_set *ids)
{
	struct dictionary d = { .trace = t, .ids = ids };
	size_t damaged;

	visit_records(&d, chunks, count, collect_id, &damaged);
	make_connections(&d);
	visit_records(&d, chunks, count, read_record, &damaged);
	t->process.damaged_chunks += damaged;
	sort_stacks(t);
	languages_sort(t);
	if (t->process.module_count)
		qsort(t->process.modules, t->process.module_count, sizeof(*t->process.modules),
		      compare_modules);
}
