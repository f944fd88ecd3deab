/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pingpong server PORT: echoes what it gets, for one client after the other.
 * pingpong client PORT TRIPS: makes so many round trips of 64 bytes; prints the
 * nanoseconds they took.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_BYTES 64

static void demand(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static void no_delay(int fd)
{
	demand(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)) == 0,
	       "TCP_NODELAY");
}

static void serve(const struct sockaddr_in *address)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	char message[MESSAGE_BYTES];

	demand(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) == 0,
	       "SO_REUSEADDR");
	demand(bind(listener, (const struct sockaddr *)address, sizeof(*address)) == 0, "bind");
	demand(listen(listener, 4) == 0, "listen");
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		ssize_t n;

		demand(fd >= 0, "accept");
		no_delay(fd);
		while ((n = recv(fd, message, sizeof(message), 0)) > 0)
			demand(send(fd, message, (size_t)n, MSG_NOSIGNAL) == n, "send");
		close(fd);
	}
}

static void ask(const struct sockaddr_in *address, long trips)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char message[MESSAGE_BYTES] = "ping";
	struct timespec start, end;

	demand(connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0, "connect");
	no_delay(fd);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long i = 0; i < trips; i++) {
		demand(send(fd, message, sizeof(message), 0) == sizeof(message), "send");
		demand(recv(fd, message, sizeof(message), MSG_WAITALL) == sizeof(message), "recv");
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%lld\n", (long long)(end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec -
				start.tv_nsec);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (argc < 3) {
		fprintf(stderr, "usage: pingpong server PORT | client PORT TRIPS\n");
		return 2;
	}
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)atoi(argv[2]));
	if (!strcmp(argv[1], "server"))
		serve(&address);
	else if (argc == 4)
		ask(&address, atol(argv[3]));
	return 0;
}
