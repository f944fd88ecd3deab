/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sockets accept4 | shutdown | dup | dup2 | dup3 | fcntl | fcntl64 | replaced | reuse |
 * inherited: the life of descriptors.
 */
#include "tests/programs/expect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buffer[64];

static void accept_four(void)
{
	struct sockaddr_storage address, peer;
	socklen_t bytes, peer_bytes = sizeof(peer);
	int listener = listener_open(&address, &bytes, "tcp");
	int client = expect_opened("socket", socket(AF_INET, SOCK_STREAM, 0));

	expect_done("connect", client, connect(client, (struct sockaddr *)&address, bytes));
	int server = accept4(listener, (struct sockaddr *)&peer, &peer_bytes,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);

	expect_opened("accept4", server);
	check(peer.ss_family == AF_INET && fcntl(server, F_GETFL) & O_NONBLOCK, "accept4");
	check(fcntl(server, F_GETFD) == FD_CLOEXEC, "close-on-exec");
	expect_sent("send", client, send(client, "x", 1, 0));
	expect_trip(client, (struct expected_trip){ "client", "pending", 1, 0, 1 });
	expect_done("close", client, close(client));
	expect_done("close", server, close(server));
	expect_done("close", listener, close(listener));
}

/* Half a connection closed ends the request: the answer still belongs to it. */
static void half_close(void)
{
	struct pair p = pair_open("tcp");

	expect_sent("send", p.client, send(p.client, "request", 7, 0));
	expect_done("shutdown", p.client, shutdown(p.client, SHUT_WR));
	pair_hear(&p, 7);
	check(expect_received("read", p.server, read(p.server, buffer, 64)) == 0, "end of request");
	pair_answer(&p, "answer");
	expect_done("close", p.server, close(p.server));
	expect_received("read", p.client, read(p.client, buffer, 64));
	check(expect_received("read", p.client, read(p.client, buffer, 64)) == 0, "end of answer");
	expect_trip(p.client, (struct expected_trip){ "client", "ok", 7, 6, 0 });
	expect_trip(p.server, (struct expected_trip){ "server", "ok", 6, 7, 0 });
	expect_done("close", p.client, close(p.client));
}

/* With _FILE_OFFSET_BITS=64 the plain name means fcntl64. */
int plain_fcntl(int fd, int command, ...) __asm__("fcntl");

/* A copy is the same connection: offsets go on, and it lives until its last close. */
static void copied(const char *call)
{
	struct pair p = pair_open("tcp");
	int copy;

	expect_sent("send", p.client, send(p.client, "first", 5, 0));
	if (!strcmp(call, "dup"))
		copy = dup(p.client);
	else if (!strcmp(call, "dup2"))
		copy = dup2(p.client, 100);
	else if (!strcmp(call, "fcntl"))
		copy = plain_fcntl(p.client, F_DUPFD, 100);
	else if (!strcmp(call, "fcntl64"))
		copy = fcntl(p.client, F_DUPFD_CLOEXEC, 100);
	else
		copy = dup3(p.client, 100, O_CLOEXEC);
	check(copy >= 0, call);
	expect_same(p.client, copy);
	expect_sent("write", copy, write(copy, "second", 6));
	expect_done("close", p.client, close(p.client));
	pair_hear(&p, 11);
	pair_answer(&p, "both");
	expect_received("recv", copy, recv(copy, buffer, sizeof(buffer), 0));
	expect_trip(copy, (struct expected_trip){ "client", "ok", 11, 4, 3 });
	expect_trip(p.server, (struct expected_trip){ "server", "ok", 4, 11, 0 });
	expect_done("close", copy, close(copy));
	expect_done("close", p.server, close(p.server));
}

/* dup2 over an open socket ends its connection: the number means another one from then on. */
static void replaced(void)
{
	struct pair old = pair_open("tcp");
	struct pair new = pair_open("tcp");

	expect_sent("send", old.client, send(old.client, "old", 3, 0));
	check(dup2(new.client, old.client) == old.client, "dup2");
	expect_trip(old.client, (struct expected_trip){ "client", "pending", 3, 0, 1 });
	expect_same(new.client, old.client);
	expect_sent("send", old.client, send(old.client, "newer", 5, 0));
	expect_trip(new.client, (struct expected_trip){ "client", "pending", 5, 0, 1 });
}

/* The same number again is another connection, whose offsets start at 0. */
static void reused(void)
{
	struct pair first = pair_open("tcp");

	expect_sent("send", first.client, send(first.client, "one", 3, 0));
	expect_trip(first.client, (struct expected_trip){ "client", "pending", 3, 0, 1 });
	pair_close(&first);

	struct pair second = pair_open("tcp");

	check(second.client == first.client, "the kernel reuses the number");
	expect_sent("send", second.client, send(second.client, "other", 5, 0));
	expect_trip(second.client, (struct expected_trip){ "client", "pending", 5, 0, 1 });
	pair_close(&second);
}

/* As a server under inetd: descriptor 0 is a connected socket that was there before us. */
static void inherited(void)
{
	expect_found(0);
	expect_received("read", 0, read(0, buffer, 5));
	expect_sent("write", 0, write(0, "hello", 5));
	expect_trip(0, (struct expected_trip){ "server", "ok", 5, 5, 2 });
}

int main(int argc, char **argv)
{
	check(argc == 2, "usage: sockets CASE");
	if (!strcmp(argv[1], "accept4"))
		accept_four();
	else if (!strcmp(argv[1], "shutdown"))
		half_close();
	else if (!strncmp(argv[1], "dup", 3) || !strncmp(argv[1], "fcntl", 5))
		copied(argv[1]);
	else if (!strcmp(argv[1], "replaced"))
		replaced();
	else if (!strcmp(argv[1], "reuse"))
		reused();
	else if (!strcmp(argv[1], "inherited"))
		inherited();
	else
		check(false, argv[1]);
	return 0;
}
