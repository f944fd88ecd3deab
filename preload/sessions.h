/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of TLS sessions, and of the carriers that feed them, by their addresses.
 *
 * One thread at a time uses a session, by the rules of the libraries; where two do (one reads
 * while another writes), they store the same.  An entry whose place was taken by another
 * is told by its key.  Lock-free.
 */
#ifndef PRELOAD_SESSIONS_H
#define PRELOAD_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#define SERVER_NAME_MAX 64

struct session {
	uintptr_t key;          /* 0: free */
	uint64_t started_ns;    /* of the first call of its handshake */
	uint64_t before[2];     /* the socket's offsets then, by enum direction */
	uint32_t connection_id; /* 0: not known */
	int32_t fd;
	uint8_t calls[2];       /* that moved bytes; stop counting at 2 */
	bool described;         /* its handshake ended and was logged */
	bool lower;             /* another session speaks over the same connection, through this one */
	bool adopted;
	char server_name[SERVER_NAME_MAX]; /* that the program named; empty: none, or too long */
} __attribute__((aligned(128)));

/* In the constructor.  False without memory. */
bool sessions_init(void);

/* NULL if it is not known. */
struct session *session_find(uintptr_t key);
/* Makes it if it is not known; never NULL. */
struct session *session_get(uintptr_t key);
void session_drop(uintptr_t key);

#endif
