/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of descriptors and the life of connections. */
#include "preload/connections.h"

#include <errno.h>
#include <sys/stat.h>

#include "preload/clock.h"
#include "preload/free_list.h"
#include "preload/kernel.h"
#include "preload/lifecycle.h"
#include "preload/peers.h"
#include "preload/ring.h"
#include "preload/sys.h"
#include "preload/unix_peer.h"

uint32_t *descriptor_table;
struct connection *connection_segments[SEGMENTS];

static struct {
	uint32_t next_slot;     /* never used before */
	struct free_list free; /* slots */
	uint32_t last_id;
	uint32_t open;
	unsigned int highest;  /* descriptor that the table ever knew */
} connections = { .next_slot = FIRST_SLOT };

bool connections_init(void)
{
	descriptor_table = sys_memory(DESCRIPTORS_MAX * sizeof(*descriptor_table));
	return descriptor_table != NULL && peers_init();
}

static uint32_t *free_link(uint32_t slot)
{
	return &connection_at(slot)->next_free;
}

static bool map_segment(uint32_t number)
{
	struct connection *expected = NULL;

	if (__atomic_load_n(&connection_segments[number], __ATOMIC_ACQUIRE))
		return true;
	struct connection *segment = sys_memory(SEGMENT_SLOTS * sizeof(*segment));
	if (!segment)
		return false;
	if (!__atomic_compare_exchange_n(&connection_segments[number], &expected, segment, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		sys(munmap, segment, SEGMENT_SLOTS * sizeof(*segment));
	return true;
}

static uint32_t take_slot(void)
{
	uint32_t slot = free_list_pop(&connections.free, free_link);

	if (slot)
		return slot;
	slot = __atomic_load_n(&connections.next_slot, __ATOMIC_RELAXED);
	do {
		if (slot >= SEGMENTS * SEGMENT_SLOTS || !map_segment(slot / SEGMENT_SLOTS))
			return 0;
	} while (!__atomic_compare_exchange_n(&connections.next_slot, &slot, slot + 1, true,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return slot;
}

static void put_slot(uint32_t slot)
{
	__atomic_sub_fetch(&connections.open, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&connection_at(slot)->id, 0, __ATOMIC_RELEASE);
	free_list_push(&connections.free, slot, free_link(slot));
}

static void log_connection(const struct connection *c, enum trt_origin origin)
{
	struct trt_record *record = ring_record(sizeof(struct trt_connection));

	if (!record)
		return;
	struct trt_connection *r = (struct trt_connection *)record;
	r->created_ns = c->created_ns;
	r->fd = c->fd;
	r->family = c->family;
	r->socket_type = c->socket_type;
	r->protocol = c->protocol;
	r->parent = origin == TRT_ORIGIN_FORKED ? c->id : c->parent;
	r->inode = c->inode;
	r->sent_before = c->stream[SENT].bytes;
	r->received_before = c->stream[RECEIVED].bytes;
	r->cookie = c->cookie;
	r->flags = c->offsets_known ? TRT_CONNECTION_OFFSETS : 0;
	ring_publish(record, TRT_RECORD_CONNECTION, (uint8_t)origin, c->id);
}

static void log_closed(const struct connection *c, uint64_t now_ns)
{
	/* In the child of a fork what is mapped may still be the parent's file. */
	struct trt_record *record =
		lifecycle_traced() ? ring_record(sizeof(struct trt_closed)) : NULL;

	if (!record)
		return;
	struct trt_closed *r = (struct trt_closed *)record;
	r->closed_ns = now_ns;
	r->sent = c->stream[SENT].bytes;
	r->received = c->stream[RECEIVED].bytes;
	ring_publish(record, TRT_RECORD_CLOSED, 0, c->id);
}

static uint64_t inode_of(int fd)
{
	struct stat status;
	return sys(fstat, fd, &status) == 0 ? status.st_ino : 0;
}

/* The number by which the kernel knows a socket (socket(7)); the same in all processes that share it. */
static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t bytes = sizeof(cookie);

	return sys(getsockopt, fd, SOL_SOCKET, SO_COOKIE, &cookie, &bytes) == 0 ? cookie : 0;
}

static uint32_t new_connection(int fd, enum trt_origin origin, int family, int type, int protocol,
			       uint64_t now_ns)
{
	uint32_t slot = take_slot();

	if (!slot)
		return 0;
	struct connection *c = connection_at(slot);
	*c = (struct connection){
		.fd = fd,
		.references = 1,
		.family = (uint16_t)family,
		.socket_type = (uint16_t)(type & 0xf), /* without SOCK_NONBLOCK and SOCK_CLOEXEC */
		.protocol = (uint32_t)protocol,
		.origin = (uint8_t)origin,
		.created_ns = now_ns,
		.verified_ns = now_ns,
	};
	__atomic_add_fetch(&connections.open, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&c->id, __atomic_add_fetch(&connections.last_id, 1, __ATOMIC_RELAXED),
			 __ATOMIC_RELEASE);
	return slot;
}

/* One descriptor or peer less; the last one ends the connection. */
static void release(uint32_t slot, uint64_t now_ns)
{
	struct connection *c = connection_at(slot);

	if (__atomic_sub_fetch(&c->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	if (c->connecting && lifecycle_traced())
		connection_stop_connecting(c, now_ns);
	for (uint32_t peer = c->peers; peer;) {
		uint32_t next = connection_at(peer)->next_peer;
		log_closed(connection_at(peer), now_ns);
		put_slot(peer);
		peer = next;
	}
	log_closed(c, now_ns);
	put_slot(slot);
}

uint32_t connections_open(void)
{
	return __atomic_load_n(&connections.open, __ATOMIC_RELAXED);
}

unsigned int connection_highest(void)
{
	return __atomic_load_n(&connections.highest, __ATOMIC_RELAXED);
}

static void raise_highest(unsigned int fd)
{
	unsigned int seen = connection_highest();

	while (fd > seen && !__atomic_compare_exchange_n(&connections.highest, &seen, fd, true,
							 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static void set_descriptor(int fd, uint32_t slot, uint64_t now_ns)
{
	raise_highest((unsigned int)fd);
	uint32_t old = __atomic_exchange_n(&descriptor_table[fd], slot, __ATOMIC_ACQ_REL);

	if (old >= FIRST_SLOT)
		release(old, now_ns);
}

struct connection *connection_new(int fd, enum trt_origin origin, int family, int type,
				  int protocol, uint64_t now_ns)
{
	if ((unsigned int)fd >= DESCRIPTORS_MAX || lifecycle_borrowed() || !lifecycle_ready())
		return NULL;
	uint32_t slot = new_connection(fd, origin, family, type, protocol, now_ns);
	if (!slot) {
		ring_count(lost_records);
		return NULL;
	}
	struct connection *c = connection_at(slot);
	c->inode = inode_of(fd);
	c->cookie = cookie_of(fd);
	if (origin == TRT_ORIGIN_FOUND)
		c->offsets_known = kernel_offsets(c, fd);
	set_descriptor(fd, slot, now_ns);
	log_connection(c, origin);
	return c;
}

struct connection *connection_new_pair(const int fds[2], int family, int type, int protocol,
				       uint64_t now_ns)
{
	struct connection *pair[2];

	for (int i = 0; i < 2; i++)
		pair[i] = connection_new(fds[i], TRT_ORIGIN_PAIR, family, type, protocol, now_ns);
	if (pair[0] && pair[1])
		unix_peer_paired(pair[0], pair[1], now_ns);
	return pair[0];
}

/* An option of SOL_SOCKET; -1 if it has none, because it is no socket for one. */
static int socket_option(int fd, int option, long *error)
{
	int value = -1;
	socklen_t bytes = sizeof(value);

	*error = sys(getsockopt, fd, SOL_SOCKET, option, &value, &bytes);
	return *error ? -1 : value;
}

/* The slot of the socket with this inode: one descriptor of it is known already. 0: none. */
static uint32_t find_socket(uint64_t inode)
{
	uint32_t used = __atomic_load_n(&connections.next_slot, __ATOMIC_ACQUIRE);

	for (uint32_t slot = FIRST_SLOT; slot < used && inode; slot++) {
		const struct connection *c = connection_at(slot);
		if (c->id && c->inode == inode && c->origin != TRT_ORIGIN_PEER)
			return slot;
	}
	return 0;
}

static bool has_peer(int fd)
{
	struct sockaddr_storage peer;
	socklen_t bytes = sizeof(peer);

	return sys(getpeername, fd, &peer, &bytes) == 0;
}

struct connection *connection_classify(int fd)
{
	long error;
	int type = socket_option(fd, SO_TYPE, &error);
	uint32_t unknown = 0;

	if (error == -ENOTSOCK) {
		raise_highest((unsigned int)fd);
		__atomic_compare_exchange_n(&descriptor_table[fd], &unknown, NOT_A_SOCKET, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
	if (error || lifecycle_borrowed())
		return NULL;
	uint32_t slot = find_socket(inode_of(fd));
	if (slot) {
		__atomic_add_fetch(&connection_at(slot)->references, 1, __ATOMIC_RELAXED);
		set_descriptor(fd, slot, clock_ns());
		return connection_at(slot);
	}
	struct connection *c = connection_new(fd, TRT_ORIGIN_FOUND, socket_option(fd, SO_DOMAIN, &error),
					      type, socket_option(fd, SO_PROTOCOL, &error), clock_ns());
	if (c)
		c->connected = has_peer(fd);
	return c;
}

void connection_duplicate(int old_fd, int fd, uint64_t now_ns)
{
	if ((unsigned int)fd >= DESCRIPTORS_MAX || old_fd == fd || lifecycle_borrowed())
		return;
	connection_find(old_fd); /* an unknown one is asked about: both have to be one connection */
	uint32_t slot = (unsigned int)old_fd < DESCRIPTORS_MAX ?
				__atomic_load_n(&descriptor_table[old_fd], __ATOMIC_ACQUIRE) : 0;
	if (slot >= FIRST_SLOT)
		__atomic_add_fetch(&connection_at(slot)->references, 1, __ATOMIC_RELAXED);
	set_descriptor(fd, slot, now_ns);
}

void connection_forget(int fd, uint64_t now_ns)
{
	if ((unsigned int)fd >= DESCRIPTORS_MAX || !descriptor_table)
		return;
	uint32_t slot = __atomic_load_n(&descriptor_table[fd], __ATOMIC_RELAXED);
	if (slot < FIRST_SLOT) {
		/* "Unknown" is true in every process that shares this table. */
		__atomic_store_n(&descriptor_table[fd], 0, __ATOMIC_RELAXED);
		return;
	}
	if (lifecycle_borrowed())
		return;
	if (lifecycle_traced() &&
	    __atomic_load_n(&connection_at(slot)->references, __ATOMIC_RELAXED) == 1)
		kernel_last_view(connection_at(slot), fd, now_ns);
	set_descriptor(fd, 0, now_ns);
}

bool connection_verify(struct connection *c, int fd, uint64_t now_ns)
{
	struct stat status;

	__atomic_store_n(&c->verified_ns, now_ns, __ATOMIC_RELAXED);
	if (sys(fstat, fd, &status) != 0 || status.st_ino == c->inode)
		return true; /* a descriptor closed during the call was ours when it began */
	set_descriptor(fd, 0, now_ns);
	return false;
}

struct connection *connection_peer(struct connection *c, const struct sockaddr *address,
				   socklen_t bytes, uint64_t now_ns)
{
	uint32_t slot = peers_find(c->id, address, bytes);

	if (slot)
		return connection_at(slot);
	slot = new_connection(c->fd, TRT_ORIGIN_PEER, c->family, c->socket_type, (int)c->protocol,
			      now_ns);
	if (!slot)
		return c;
	struct connection *peer = connection_at(slot);
	peer->parent = c->id;
	peer->inode = c->inode;
	peer->cookie = c->cookie;
	if (!peers_add(c->id, address, bytes, slot)) {
		/* Another thread was faster, or there is no room: then peers share the socket's. */
		put_slot(slot);
		slot = peers_find(c->id, address, bytes);
		if (!slot)
			ring_count(lost_records);
		return slot ? connection_at(slot) : c;
	}
	uint32_t head = __atomic_load_n(&c->peers, __ATOMIC_RELAXED);
	do {
		peer->next_peer = head;
	} while (!__atomic_compare_exchange_n(&c->peers, &head, slot, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	log_connection(peer, TRT_ORIGIN_PEER);
	connection_describe(peer, c->fd, address, bytes, now_ns);
	return peer;
}

void connections_log(bool forked)
{
	uint32_t used = __atomic_load_n(&connections.next_slot, __ATOMIC_ACQUIRE);

	for (uint32_t slot = FIRST_SLOT; slot < used; slot++) {
		struct connection *c = connection_at(slot);
		if (!c->id)
			continue;
		c->described = false;
		log_connection(c, forked ? TRT_ORIGIN_FORKED : c->origin);
		unix_peer_log(c, clock_ns());
	}
}
