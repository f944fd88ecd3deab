/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How connections come about: both ends' addresses, and connects that go on without their caller. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "preload/connections.h"
#include "preload/ring.h"
#include "preload/sys.h"
#include "preload/unix_peer.h"

/* Connects that go on; a full table means that the next call on the socket notices the end. */
#define CONNECTING_MAX 256u
#define CHECK_NS 100000u

static struct {
	uint32_t count; /* entries in use, for a quick look */
	int fd[CONNECTING_MAX]; /* + 1; 0: free */
	uint64_t checked_ns;
} connecting;

static size_t padded(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

void connection_describe(struct connection *c, int fd, const struct sockaddr *remote,
			 socklen_t remote_bytes, uint64_t now_ns)
{
	struct sockaddr_storage local, other;
	socklen_t local_bytes = sizeof(local), other_bytes = sizeof(other);

	c->described = true;
	if (sys(getsockname, fd, &local, &local_bytes) != 0)
		local_bytes = 0;
	if (!remote) {
		if (sys(getpeername, fd, &other, &other_bytes) != 0)
			other_bytes = 0;
		remote = (const struct sockaddr *)&other;
		remote_bytes = other_bytes;
	}
	if (c->family == AF_UNIX)
		unix_peer_name(c, fd, now_ns);
	if (local_bytes > sizeof(local) || remote_bytes > sizeof(other))
		return;
	struct trt_record *record =
		ring_record(sizeof(struct trt_addresses) + padded(local_bytes + remote_bytes));
	if (!record)
		return;
	struct trt_addresses *r = (struct trt_addresses *)record;
	r->seen_ns = now_ns;
	r->local_bytes = (uint16_t)local_bytes;
	r->remote_bytes = (uint16_t)remote_bytes;
	memcpy(r + 1, &local, local_bytes);
	memcpy((uint8_t *)(r + 1) + local_bytes, remote, remote_bytes);
	ring_publish(record, TRT_RECORD_ADDRESSES, 0, c->id);
}

struct connection *connection_accepted(const struct connection *listener, int fd, uint64_t now_ns)
{
	struct connection *c = connection_new(fd, TRT_ORIGIN_ACCEPT, listener->family,
					      listener->socket_type, (int)listener->protocol,
					      now_ns);

	if (c)
		connection_describe(c, fd, NULL, 0, now_ns);
	return c;
}

static void log_connected(const struct connection *c, uint64_t started_ns, uint64_t ended_ns,
			  int error, struct stack_ids stack, int32_t tid)
{
	struct trt_record *record = ring_record(sizeof(struct trt_connected));

	if (!record)
		return;
	struct trt_connected *r = (struct trt_connected *)record;
	r->started_ns = started_ns;
	r->ended_ns = ended_ns;
	r->error = error;
	r->stack = stack.native;
	r->language_stack = stack.language;
	r->tid = tid;
	ring_publish(record, TRT_RECORD_CONNECTED, 0, c->id);
}

static void remove_connecting(int fd)
{
	for (uint32_t i = 0; i < CONNECTING_MAX; i++) {
		int entry = fd + 1;
		if (__atomic_compare_exchange_n(&connecting.fd[i], &entry, 0, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			__atomic_sub_fetch(&connecting.count, 1, __ATOMIC_RELAXED);
			return;
		}
	}
}

void connection_connecting(struct connection *c, uint64_t started_ns, struct stack_ids stack,
			   int32_t tid)
{
	c->connect_ns = started_ns;
	c->connect_stack = stack;
	c->connect_tid = tid;
	__atomic_store_n(&c->connecting, true, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < CONNECTING_MAX; i++) {
		int entry = 0;
		if (__atomic_compare_exchange_n(&connecting.fd[i], &entry, c->fd + 1, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			__atomic_add_fetch(&connecting.count, 1, __ATOMIC_RELAXED);
			return;
		}
	}
}

void connection_connected(struct connection *c, int fd, uint64_t started_ns, uint64_t ended_ns,
			  int error, struct stack_ids stack, int32_t tid)
{
	if (__atomic_exchange_n(&c->connecting, false, __ATOMIC_ACQ_REL))
		remove_connecting(c->fd);
	c->connected = error == 0;
	log_connected(c, started_ns, ended_ns, error, stack, tid);
	if (error == 0)
		connection_describe(c, fd, NULL, 0, ended_ns);
}

void connection_stop_connecting(struct connection *c, uint64_t now_ns)
{
	if (!__atomic_exchange_n(&c->connecting, false, __ATOMIC_ACQ_REL))
		return;
	remove_connecting(c->fd);
	bool failed = c->connect_failed_ns != 0;
	/* Given up by the program, as the slower of two addresses tried at once is. */
	log_connected(c, c->connect_ns, failed ? c->connect_failed_ns : now_ns,
		      failed ? -1 : ECANCELED, c->connect_stack, c->connect_tid);
}

/*
 * The state of the connection tells that its connect() ended without taking the
 * error away from the program, as SO_ERROR would (tcp(7), TCP_INFO).
 */
void connection_check_connecting(int fd, uint64_t now_ns)
{
	struct connection *c = connection_known(fd);
	struct tcp_info info;
	socklen_t bytes = sizeof(info);

	if (!c || !__atomic_load_n(&c->connecting, __ATOMIC_ACQUIRE)) {
		remove_connecting(fd);
		return;
	}
	if (sys(getsockopt, fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0 ||
	    info.tcpi_state == TCP_SYN_SENT)
		return;
	if (info.tcpi_state == TCP_CLOSE) {
		/* Failed: the program will ask why, or close it. */
		c->connect_failed_ns = now_ns;
		remove_connecting(fd);
		return;
	}
	connection_connected(c, fd, c->connect_ns, now_ns, 0, c->connect_stack, c->connect_tid);
}

void connections_check_connecting(uint64_t now_ns)
{
	uint64_t last = __atomic_load_n(&connecting.checked_ns, __ATOMIC_RELAXED);

	if (__atomic_load_n(&connecting.count, __ATOMIC_RELAXED) == 0 ||
	    now_ns - last < CHECK_NS ||
	    !__atomic_compare_exchange_n(&connecting.checked_ns, &last, now_ns, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	for (uint32_t i = 0; i < CONNECTING_MAX; i++) {
		int entry = __atomic_load_n(&connecting.fd[i], __ATOMIC_RELAXED);
		if (entry)
			connection_check_connecting(entry - 1, now_ns);
	}
}
