/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * many_events EVENTS: as many calls, in turns on 16 connections, above stub.c.  Makes a
 * recording whose size is known, in no more time than the library needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define CONNECTIONS 16

int main(int argc, char **argv)
{
	static char message[64];
	int fds[CONNECTIONS];
	long events = argc == 2 ? atol(argv[1]) : 0;

	if (events <= 0) {
		fprintf(stderr, "usage: many_events EVENTS\n");
		return 2;
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
			return 1;
		fds[i] = pair[0];
	}
	for (long i = 0; i < events / 2; i++) {
		int fd = fds[i % CONNECTIONS];

		if (send(fd, message, sizeof(message), 0) < 0 ||
		    recv(fd, message, sizeof(message), 0) < 0)
			return 1;
	}
	return 0;
}
