/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which descriptors are sockets, and what each connection has carried so far.
 *
 *	descriptor -> table -> slot of a struct connection
 *
 * A descriptor is unknown, known not to be a socket, or has a slot; duplicates
 * share one.  All of it is lock-free and async-signal-safe.  A slot that was given
 * back may be reused while a slow thread still points to it: whoever kept a
 * pointer across the real call compares the id.
 */
#ifndef PRELOAD_CONNECTIONS_H
#define PRELOAD_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "preload/trace_format.h"

enum direction { SENT, RECEIVED };

/* One direction of a connection. */
struct stream {
	uint64_t bytes;        /* carried so far: the next byte's offset */
	uint64_t first_try_ns; /* of the tries that failed since the last event */
	uint32_t tries;
	uint32_t calls;        /* that carried data; stops counting at 2 */
};

struct connection {
	struct stream stream[2]; /* by enum direction */
	uint32_t id;             /* 0: slot is free */
	int32_t fd;              /* it was first seen with */
	uint32_t references;     /* descriptors, and this while it is a peer */
	uint16_t family;
	uint16_t socket_type;
	uint32_t protocol;
	uint8_t origin;          /* enum trt_origin */
	bool described;          /* its addresses were logged */
	bool connecting;         /* a connect() goes on without its caller */
	bool connected;          /* datagram sockets: has one peer only */
	bool encrypted;          /* a TLS session was established: what it carries is of no use */
	uint32_t peers;          /* slot of the newest peer connection, 0: none */
	uint32_t next_peer;
	uint32_t parent;         /* id of the socket's connection, for a peer */
	uint32_t next_free;
	uint64_t inode;
	uint64_t cookie;         /* SO_COOKIE */
	uint64_t peer_inode;     /* of a Unix socket's other end; 0 unknown */
	int32_t peer_pid;        /* who made that, 0 unknown */
	bool peer_asked;         /* for peer_inode */
	bool offsets_known;      /* a FOUND one: see TRT_CONNECTION_OFFSETS */
	uint64_t created_ns;
	uint64_t kernel_ns;      /* when the kernel's view was last logged */
	uint64_t verified_ns;    /* when it was last made sure that fd is still this socket */
	uint64_t ready_ns;       /* when a wait reported it readable; 0: not since the last event */
	uint64_t connect_ns;     /* start of a connect() that goes on */
	uint64_t turn_ns;        /* for _SLOW: start of the round trip that goes on, 0: none */
	bool turn_answered;      /* its response has begun */
	bool turn_reported;
	uint64_t connect_failed_ns; /* when that was seen to have failed, the cause not known */
	uint32_t connect_stack;
	int32_t connect_tid;
	uintptr_t tls_session;   /* the upper one that speaks over it; 0: none */
	uint64_t tls_bytes[2];   /* the program's own, by enum direction: see struct trt_tls */
} __attribute__((aligned(64)));

#define DESCRIPTORS_MAX (1u << 20)
#define NOT_A_SOCKET 1u
#define FIRST_SLOT 2u

/* Slots by descriptor: 0 unknown, NOT_A_SOCKET, or a slot. NULL before connections_init(). */
extern uint32_t *descriptor_table;

/* In the constructor.  False without memory. */
bool connections_init(void);

/* Slots come in segments, mapped as they are needed. */
#define SEGMENT_SLOTS 1024u
#define SEGMENTS 1024u
extern struct connection *connection_segments[SEGMENTS];

static inline struct connection *connection_at(uint32_t slot)
{
	return &connection_segments[slot / SEGMENT_SLOTS][slot % SEGMENT_SLOTS];
}

/* Asks the kernel what an unknown descriptor is, and remembers the answer. */
struct connection *connection_classify(int fd);

/* The connection of a descriptor; NULL if it is not a socket (or we cannot know). */
static inline struct connection *connection_find(int fd)
{
	if (__builtin_expect((unsigned int)fd >= DESCRIPTORS_MAX || !descriptor_table, 0))
		return NULL;
	uint32_t slot = __atomic_load_n(&descriptor_table[fd], __ATOMIC_ACQUIRE);
	if (slot == NOT_A_SOCKET)
		return NULL;
	return slot ? connection_at(slot) : connection_classify(fd);
}

/*
 * The same for a call that only sockets answer: the table may say that the number
 * is none because it was one when a close() went by unseen.
 */
static inline struct connection *connection_find_socket(int fd)
{
	if (__builtin_expect((unsigned int)fd >= DESCRIPTORS_MAX || !descriptor_table, 0))
		return NULL;
	uint32_t slot = __atomic_load_n(&descriptor_table[fd], __ATOMIC_ACQUIRE);
	return slot >= FIRST_SLOT ? connection_at(slot) : connection_classify(fd);
}

/* The same, without asking the kernel. */
static inline struct connection *connection_known(int fd)
{
	if ((unsigned int)fd >= DESCRIPTORS_MAX || !descriptor_table)
		return NULL;
	uint32_t slot = __atomic_load_n(&descriptor_table[fd], __ATOMIC_ACQUIRE);
	return slot >= FIRST_SLOT ? connection_at(slot) : NULL;
}

/* A socket that this process just got; replaces what the table said.  NULL: no room. */
struct connection *connection_new(int fd, enum trt_origin origin, int family, int type,
				  int protocol, uint64_t now_ns);

/* Both ends of a socketpair(); now_ns: when it returned.  NULL: no room for the first. */
struct connection *connection_new_pair(const int fds[2], int family, int type, int protocol,
				       uint64_t now_ns);

/* fd is a duplicate of old_fd from now on, whatever it was before. */
void connection_duplicate(int old_fd, int fd, uint64_t now_ns);

/*
 * The number is about to be closed, or taken over by dup2(): from here on it is
 * unknown.  Called before the real call, since after it another thread may get
 * the number.  In a vfork() child, which shares our memory but not the parent's
 * descriptors, it does nothing.
 */
void connection_forget(int fd, uint64_t now_ns);

#define VERIFY_NS 10000000u
/* Of a thread's connections together. */
#define VERIFIES_APART_NS 100000u

/* Is it time to make sure that the descriptor is still c? */
static inline bool connection_is_due(const struct connection *c, uint64_t now_ns)
{
	return now_ns - __atomic_load_n(&c->verified_ns, __ATOMIC_RELAXED) >= VERIFY_NS;
}

/* False if it turned out to be another file: closed and reused behind our back. */
bool connection_verify(struct connection *c, int fd, uint64_t now_ns);

/* How many connections are open. */
uint32_t connections_open(void);

/* No higher number was ever in the table. */
unsigned int connection_highest(void);

/* The connection to one peer of an unconnected datagram socket; c itself if there is no room. */
struct connection *connection_peer(struct connection *c, const struct sockaddr *address,
				   socklen_t bytes, uint64_t now_ns);

/* Logs both ends once; asks the kernel for those not given (NULL, 0). */
void connection_describe(struct connection *c, int fd, const struct sockaddr *remote,
			 socklen_t remote_bytes, uint64_t now_ns);

/* A listening socket got a connection.  NULL: no room. */
struct connection *connection_accepted(const struct connection *listener, int fd, uint64_t now_ns);

/* connect() went on without its caller. */
void connection_connecting(struct connection *c, uint64_t started_ns, uint32_t stack, int32_t tid);
/* A connect() ended; error as in struct trt_connected. */
void connection_connected(struct connection *c, int fd, uint64_t started_ns, uint64_t ended_ns,
			  int error, uint32_t stack, int32_t tid);
/* Has the connect() that goes on at this descriptor succeeded? */
void connection_check_connecting(int fd, uint64_t now_ns);
/* After a wait: has any?  Looks at most once in 100 us, as each costs a system call. */
void connections_check_connecting(uint64_t now_ns);
/* The socket is closed, or lost: its connect() will not end any more. */
void connection_stop_connecting(struct connection *c, uint64_t now_ns);

/* Logs all open ones into a trace that is new. */
void connections_log(bool forked);

static inline bool connection_is_datagram(const struct connection *c)
{
	return c->socket_type != SOCK_STREAM;
}

#endif
