/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * udp_peers CLIENTS: one unconnected server socket answers several connected
 * clients, which take turns; each peer is a connection of its own.
 */
#include "tests/programs/expect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#define TURNS 3
#define CLIENTS_MAX 16

int main(int argc, char **argv)
{
	int clients = argc == 2 ? atoi(argv[1]) : 0;
	int fds[CLIENTS_MAX];
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t bytes = sizeof(address);
	char buffer[64];

	check(clients > 0 && clients <= CLIENTS_MAX, "usage: udp_peers CLIENTS");
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int server = socket(AF_INET, SOCK_DGRAM, 0);

	check(bind(server, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
	check(getsockname(server, (struct sockaddr *)&address, &bytes) == 0, "getsockname");
	for (int i = 0; i < clients; i++) {
		fds[i] = socket(AF_INET, SOCK_DGRAM, 0);
		check(connect(fds[i], (struct sockaddr *)&address, bytes) == 0, "connect");
	}
	/* All ask before any is answered: turn-taking on the socket as a whole would fail. */
	for (int turn = 0; turn < TURNS; turn++) {
		struct sockaddr_in from[CLIENTS_MAX];

		for (int i = 0; i < clients; i++)
			check(send(fds[i], "question", 8, 0) == 8, "send");
		for (int i = 0; i < clients; i++) {
			struct iovec piece = { buffer, sizeof(buffer) };
			struct msghdr message = {
				.msg_name = &from[i], .msg_namelen = sizeof(from[i]),
				.msg_iov = &piece, .msg_iovlen = 1,
			};

			check(recvmsg(server, &message, 0) == 8, "recvmsg");
		}
		for (int i = 0; i < clients; i++)
			check(sendto(server, "answer", 6, 0, (struct sockaddr *)&from[i],
				     sizeof(from[i])) == 6, "sendto");
		for (int i = 0; i < clients; i++)
			check(recv(fds[i], buffer, sizeof(buffer), 0) == 6, "recv");
	}
	printf("{\"view\":\"summary\",\"round_trips\":%d,\"pending\":0,\"failed\":0}\n",
	       2 * TURNS * clients);
	printf("{\"view\":\"roles\",\"client\":%d,\"server\":%d,\"remotes\":%d}\n", TURNS * clients,
	       TURNS * clients, clients + 1);
	return 0;
}
