/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the test programs share: each makes calls and prints, as one JSON object
 * a line, what a trace of it must hold.  tests/e2e/test_programs.py compares.
 *
 * The functions named expect_* print the event of the call that was just made,
 * whose errno they find and keep.  They follow connections and offsets on their
 * own, so that the library under test is compared with something independent.
 */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Calls that make a descriptor: a connection begins.  Return fd. */
int expect_opened(const char *call, int fd);

/* fd is a socket that was open before: its connection begins now; nothing is printed. */
void expect_found(int fd);

/* Calls with a descriptor and no bytes (connect, shutdown, close).  Return result. */
int expect_done(const char *call, int fd, int result);

/* Calls that move result bytes, or fail with result -1.  Return result. */
ssize_t expect_sent(const char *call, int fd, ssize_t result);
ssize_t expect_received(const char *call, int fd, ssize_t result);

/* A receiving call with MSG_PEEK: no offset moves. */
ssize_t expect_peeked(const char *call, int fd, ssize_t result);

/* copy is from now on the connection of fd; nothing is printed. */
void expect_same(int fd, int copy);

/* An unconnected datagram socket's bytes belong from now on to a connection with its one peer. */
void expect_peer(int fd);

/* The bytes of one round trip of the connection that fd is, in order of start. */
struct expected_trip {
	const char *role;   /* "client", "server", NULL: either */
	const char *status;
	uint64_t sent, received;
	unsigned int calls; /* 0: any */
};
void expect_trip(int fd, struct expected_trip trip);

/* Two ends of one connection in this process. */
struct pair {
	int client, server;
	struct sockaddr_storage client_address; /* as the server sees it; for udp */
	socklen_t client_address_bytes;         /* 0 but for udp */
};

/*
 * transport: "tcp", "tcp6", "unix", "udp" (the client's end connected, the server's
 * not), "socketpair" or "socketpair-datagram".  Prints what it does.
 */
struct pair pair_open(const char *transport);
void pair_close(const struct pair *p);

/* A TCP socket that listens on a free loopback port; *address says which. */
int listener_open(struct sockaddr_storage *address, socklen_t *bytes, const char *transport);

/* The server's end hears size bytes, then says so much of reply. */
void pair_hear(const struct pair *p, size_t size);
void pair_answer(const struct pair *p, const char *reply);

/* Ends the program with status 99 and a sentence unless ok. */
void check(bool ok, const char *what);

#endif
