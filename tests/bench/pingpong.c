/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pingpong server PORT: echoes what it gets, for one client after the other.
 * pingpong client PORT TRIPS: makes so many round trips of 64 bytes; prints the
 * nanoseconds they took.
 */
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static void serve(const struct sockaddr_in *address)
{
	int listener = listen_at(address);
	char message[MESSAGE_BYTES];

	for (;;) {
		int fd = accept(listener, NULL, NULL);
		ssize_t n;

		demand(fd >= 0, "accept");
		set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
		while ((n = recv(fd, message, sizeof(message), 0)) > 0)
			demand(send(fd, message, (size_t)n, MSG_NOSIGNAL) == n, "send");
		close(fd);
	}
}

static void ask(const struct sockaddr_in *address, long trips)
{
	int fd = connect_to(address);
	char message[MESSAGE_BYTES] = "ping";
	uint64_t start_ns = time_of(CLOCK_MONOTONIC);

	for (long i = 0; i < trips; i++) {
		demand(send(fd, message, sizeof(message), 0) == sizeof(message), "send");
		demand(recv(fd, message, sizeof(message), MSG_WAITALL) == sizeof(message), "recv");
	}
	printf("%llu\n", (unsigned long long)(time_of(CLOCK_MONOTONIC) - start_ns));
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: pingpong server PORT | client PORT TRIPS\n");
		return 2;
	}
	struct sockaddr_in address = loopback(argv[2]);
	if (!strcmp(argv[1], "server"))
		serve(&address);
	else if (argc == 4)
		ask(&address, atol(argv[3]));
	return 0;
}
