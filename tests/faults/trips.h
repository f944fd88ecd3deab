/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Round trips within a process, for programs that do something else around them. */
#ifndef TESTS_TRIPS_H
#define TESTS_TRIPS_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static inline void demand(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

static inline void pair_make(int ends[2])
{
	demand(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
}

/* One request and its answer: a round trip of the client's end and one of the server's. */
static inline void pair_turn(const int ends[2])
{
	char bytes[8];

	demand(send(ends[0], "ask", 3, 0) == 3, "send");
	demand(recv(ends[1], bytes, 3, MSG_WAITALL) == 3, "recv");
	demand(send(ends[1], "tell", 4, 0) == 4, "send");
	demand(recv(ends[0], bytes, 4, MSG_WAITALL) == 4, "recv");
}

#endif
