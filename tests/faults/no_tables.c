/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * no_tables: built without unwind tables, as code that a just-in-time compiler makes
 * is.  Whoever unwinds it has to guess, and to try addresses.  It closes
 * every descriptor first: what lies in its sockets must be what it put there.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/faults/trips.h"

#define KEEP __attribute__((noinline, noclone))
#define UNREAD "eight bytes"

static volatile int one = 1;

KEEP static int innermost(const int ends[2])
{
	pair_turn(ends);
	return one;
}

KEEP static int middle(const int ends[2], int depth)
{
	int result = depth ? middle(ends, depth - 1) : innermost(ends);

	return result * one;
}

static void expect_unread(int fd, const char *what)
{
	char bytes[64];

	demand(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) == (ssize_t)strlen(UNREAD), what);
	demand(memcmp(bytes, UNREAD, strlen(UNREAD)) == 0, what);
	demand(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) == -1 && errno == EAGAIN, what);
}

int main(void)
{
	int unread[8][2], ends[2];

	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	for (int i = 0; i < 8; i++) {
		pair_make(unread[i]);
		for (int j = 0; j < 2; j++)
			demand(send(unread[i][j], UNREAD, strlen(UNREAD), 0) > 0, "send");
	}
	pair_make(ends);
	for (int i = 0; i < 200; i++)
		middle(ends, i);
	for (int i = 0; i < 8; i++) {
		expect_unread(unread[i][0], "bytes of an end that nobody else may touch");
		expect_unread(unread[i][1], "bytes of the other end");
	}
	return 0;
}
