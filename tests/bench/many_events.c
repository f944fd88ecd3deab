/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * many_events EVENTS [redis]: as many calls, in turns on 16 connections, above stub.c.
 * Makes a recording whose size is known, in no more time than the library needs; with words of
 * a protocol, to be decoded.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECTIONS 16

int main(int argc, char **argv)
{
	static char zeros[64], get[] = "*2\r\n$3\r\nGET\r\n$7\r\nkey:123\r\n";
	static char value[] = "$20\r\nvalue value value va\r\n";
	bool redis = argc == 3 && strcmp(argv[2], "redis") == 0;
	char *request = redis ? get : zeros, *response = redis ? value : zeros;
	size_t request_bytes = redis ? strlen(get) : sizeof(zeros);
	size_t response_bytes = redis ? strlen(value) : sizeof(zeros);
	int fds[CONNECTIONS];
	long events = argc >= 2 ? atol(argv[1]) : 0;

	if (events <= 0 || (argc > 2 && !redis)) {
		fprintf(stderr, "usage: many_events EVENTS [redis]\n");
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

		if (send(fd, request, request_bytes, 0) < 0 || recv(fd, response, response_bytes, 0) < 0)
			return 1;
	}
	return 0;
}
