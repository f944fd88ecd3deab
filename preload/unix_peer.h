/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is at the other end of a Unix socket.  Its addresses do not tell: most are unnamed.
 *
 * The kernel numbers sockets by inode, the same in all processes.  Of the two ends
 * it is enough that one names the other.  A pair is known when it is made.  A socket that
 * connected has no other end before that is accepted; so the accepted one asks, and
 * one that was found open.
 */
#ifndef PRELOAD_UNIX_PEER_H
#define PRELOAD_UNIX_PEER_H

#include "preload/connections.h"

/* The two are each other's. */
void unix_peer_paired(struct connection *a, struct connection *b, uint64_t now_ns);

/* Takes down the process that made the other end, as the kernel remembers it (unix(7)). */
void unix_peer_name(struct connection *c, int fd, uint64_t now_ns);

/*
 * Asks for the other end's inode, once, if it is one to ask for (sock_diag(7)).  That costs
 * 10 us and more on machines with many Unix sockets: asking takes a bounded share of the
 * time, and a connection whose turn has not come asks again when it is used later.
 */
void unix_peer_ask(struct connection *c, uint64_t now_ns);

/* Logs what is known: nothing, if that is nothing. */
void unix_peer_log(const struct connection *c, uint64_t now_ns);

#endif
