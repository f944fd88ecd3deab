/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the connection to a peer of an unconnected datagram socket. Lock-free. */
#ifndef PRELOAD_PEERS_H
#define PRELOAD_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* In the constructor.  False without memory. */
bool peers_init(void);

/* The slot that peers_add() was given, 0 if there is none. id: of the socket's connection. */
uint32_t peers_find(uint32_t id, const struct sockaddr *address, socklen_t bytes);

/* False if the table is full, or if another thread has just added this peer. */
bool peers_add(uint32_t id, const struct sockaddr *address, socklen_t bytes, uint32_t slot);

#endif
