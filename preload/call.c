/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns a call that returned into an event. */
#include "preload/call.h"

#include <errno.h>

#include "preload/config.h"
#include "preload/event.h"
#include "preload/lookup.h"
#include "preload/memory.h"

int32_t call_result(ssize_t result)
{
	return result < 0 ? -errno : (int32_t)result;
}

/* What most calls need: the values stay unset, and the compiler does not clear them. */
void call_draft(struct draft *d, const struct call *call, uint64_t end_ns, int32_t result)
{
	d->caller = call->caller;
	d->which = call->which;
	d->fd = call->fd;
	d->connection_id = call->connection_id;
	d->start_ns = call->start_ns;
	/* Both may have been read in different ways (clock.c), which differ by nanoseconds. */
	d->end_ns = end_ns > call->start_ns ? end_ns : call->start_ns;
	d->result = result;
	d->offset = 0;
	d->flags = 0;
	d->fields = 0;
	d->extra_bytes = 0;
}

static void log_call(const struct call *call, uint32_t connection_id, int result, uint64_t end_ns)
{
	struct guard guard;
	struct draft d;

	call_draft(&d, call, end_ns, call_result(result));
	d.connection_id = connection_id;
	struct thread *t = event_enter(&guard);
	if (!t)
		return;
	event_write(t, &d);
	event_leave(&guard);
}

void call_other(const struct call *call, int result)
{
	log_call(call, call->connection_id, result, clock_ns());
}

void call_made(const struct call *call, int result, const struct connection *c, uint64_t end_ns)
{
	log_call(call, c ? c->id : 0, result, end_ns);
}

void call_failed(const struct call *call)
{
	if (errno != EAGAIN || config.detail == TRT_DETAIL_FINE)
		call_other(call, -1);
}

void call_option(const struct call *call, int result, int level, int option, uint64_t value)
{
	const struct connection *c = connection_known(call->fd);
	struct guard guard;
	struct draft d;

	call_draft(&d, call, clock_ns(), call_result(result));
	d.connection_id = c ? c->id : 0;
	d.offset = (uint64_t)(uint32_t)level << 32 | (uint32_t)option;
	event_field(&d, TRT_FIELD_VALUE, value);
	struct thread *t = event_enter(&guard);
	if (!t)
		return;
	event_write(t, &d);
	event_leave(&guard);
}

/* Logs whom a connect() that did not succeed was for; nobody where the address cannot be read. */
static void describe_target(struct connection *c, int fd, const struct sockaddr *address,
			    socklen_t address_bytes, uint64_t now_ns)
{
	struct sockaddr_storage copy;
	socklen_t bytes = address_bytes < sizeof(copy) ? address_bytes : sizeof(copy);

	if (memory_copy(&copy, address, bytes))
		connection_describe(c, fd, (const struct sockaddr *)&copy, bytes, now_ns);
}

void call_note_connect(struct connection *c, const struct call *call, const struct connect_end *e)
{
	bool goes_on = e->result == -EINPROGRESS || e->result == -EINTR;
	/* A later connect() on the same socket asks how the first one goes. */
	uint64_t started_ns = c->connecting ? c->connect_ns : call->start_ns;

	if (e->result == 0 && c->connected && !connection_is_datagram(c))
		return; /* a wait noticed it before the program asked once more */
	if (e->result == 0 && e->address->sa_family == AF_UNSPEC) {
		c->connected = false; /* a datagram socket lets go of its peer (connect(2)) */
	} else if (e->result == 0) {
		connection_connected(c, call->fd, started_ns, e->end_ns, 0, e->stack, e->tid);
	} else if (goes_on && !c->connecting) {
		describe_target(c, call->fd, e->address, e->address_bytes, e->end_ns);
		connection_connecting(c, started_ns, e->stack, e->tid);
	} else if (!goes_on && e->result != -EALREADY && e->result != -EISCONN) {
		describe_target(c, call->fd, e->address, e->address_bytes, e->end_ns);
		connection_connected(c, call->fd, started_ns, e->end_ns, -e->result, e->stack,
				     e->tid);
	}
}

void call_connect(const struct call *call, int result, const struct sockaddr *address,
		  socklen_t address_bytes)
{
	struct guard guard;
	struct draft d;

	call_draft(&d, call, clock_ns(), call_result(result));
	struct thread *t = event_enter(&guard);
	if (!t)
		return;
	struct stack_ids stack = event_write(t, &d);
	struct connect_end e = { d.result, d.end_ns, address, address_bytes, stack, t->tid };
	if (call_connection(call))
		call_note_connect(call->connection, call, &e);
	event_leave(&guard);
}

void call_socket_error(const struct call *call, int error)
{
	struct connection *c = call->connection;
	struct guard guard;

	if (!c->connecting || !event_enter(&guard))
		return;
	if (error)
		connection_connected(c, call->fd, c->connect_ns, call->start_ns, error,
				     c->connect_stack, c->connect_tid);
	else
		connection_check_connecting(call->fd, call->start_ns);
	event_leave(&guard);
}

void call_lookup(const struct call *call, const struct lookup *lookup)
{
	struct guard guard;
	struct draft d;

	call_draft(&d, call, clock_ns(), lookup->result);
	struct thread *t = event_enter(&guard);
	if (!t)
		return;
	struct stack_ids stack = event_write(t, &d);
	lookup_log(lookup, call->which, call->start_ns, d.end_ns, stack.native, t->tid);
	event_leave(&guard);
}

void call_wait(const struct call *call, int result)
{
	struct guard guard;
	struct draft d;

	call_draft(&d, call, clock_ns(), call_result(result));
	struct thread *t = event_enter(&guard);
	if (!t)
		return;
	if (config.detail == TRT_DETAIL_FINE)
		event_write(t, &d);
	else
		t->waited_ns += d.end_ns - call->start_ns;
	if (result > 0)
		connections_check_connecting(d.end_ns);
	event_leave(&guard);
}
