/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nonblocking connect TRANSPORT | refused | again | tries | partial: sockets with
 * O_NONBLOCK, whose failed tries belong to the next call that succeeds.
 */
#include "tests/programs/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char buffer[65536];

static void wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	check(poll(&p, 1, -1) == 1, "poll");
}

/* How a connect() ended that was still going on when it returned. */
static int connect_error(int fd)
{
	int error = -1;
	socklen_t bytes = sizeof(error);

	check(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0, "getsockopt");
	return error;
}

static void connect_later(const char *transport, int expected_error)
{
	struct sockaddr_storage address;
	socklen_t bytes;
	int listener = listener_open(&address, &bytes, transport);

	if (expected_error)
		expect_done("close", listener, close(listener));
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = expect_opened("socket", socket(address.ss_family, type, 0));
	int result = expect_done("connect", fd, connect(fd, (struct sockaddr *)&address, bytes));

	check(result == -1 && errno == EINPROGRESS, "connect in progress");
	wait_for(fd, POLLOUT);
	check(connect_error(fd) == expected_error, "end of connect");
	printf("{\"view\":\"connected\",\"fd\":%d,\"error\":%d}\n", fd, expected_error);
	if (!expected_error) {
		int server = expect_opened("accept4", accept4(listener, NULL, NULL, SOCK_CLOEXEC));

		expect_sent("write", fd, write(fd, "now", 3));
		expect_received("read", server, read(server, buffer, sizeof(buffer)));
		expect_trip(fd, (struct expected_trip){ "client", "pending", 3, 0, 1 });
		expect_trip(server, (struct expected_trip){ "server", "pending", 0, 3, 1 });
		expect_done("close", server, close(server));
		expect_done("close", listener, close(listener));
	}
	expect_done("close", fd, close(fd));
}

/* As hiredis does: connect() once more tells how the first one ended, and is no other one. */
static void connect_again(void)
{
	struct sockaddr_storage address;
	socklen_t bytes;
	int listener = listener_open(&address, &bytes, "tcp");
	int fd = expect_opened("socket", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	int result = expect_done("connect", fd, connect(fd, (struct sockaddr *)&address, bytes));

	check(result == -1 && errno == EINPROGRESS, "connect in progress");
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	wait_for(fd, POLLOUT);
	expect_done("connect", fd, connect(fd, (struct sockaddr *)&address, bytes));
	expect_done("close", fd, close(fd));
	expect_done("close", listener, close(listener));
}

/* Three tries that find nothing are part of the read that finds something. */
static void tries(void)
{
	struct pair p = pair_open("tcp");

	check(fcntl(p.client, F_SETFL, O_NONBLOCK) == 0, "fcntl");
	expect_sent("send", p.client, send(p.client, "ask", 3, 0));
	for (int i = 0; i < 3; i++)
		check(read(p.client, buffer, sizeof(buffer)) == -1 && errno == EAGAIN, "EAGAIN");
	pair_hear(&p, 3);
	pair_answer(&p, "answer");
	wait_for(p.client, POLLIN);
	expect_received("read", p.client, read(p.client, buffer, sizeof(buffer)));
	printf("{\"view\":\"tries\",\"call\":\"read\",\"fd\":%d,\"tries\":3}\n", p.client);
	expect_trip(p.client, (struct expected_trip){ "client", "ok", 3, 6, 2 });
	expect_trip(p.server, (struct expected_trip){ "server", "ok", 6, 3, 2 });
	pair_close(&p);
}

/* Sends more than the kernel takes at once: partial writes, then EAGAIN, until all is sent. */
static void partial(void)
{
	const size_t size = 8 << 20;
	char *data = calloc(1, size);
	struct pair p = pair_open("unix");
	size_t sent = 0, heard = 0;
	unsigned int calls = 1;

	check(data != NULL, "memory");
	check(fcntl(p.client, F_SETFL, O_NONBLOCK) == 0, "fcntl");
	while (sent < size) {
		ssize_t n = send(p.client, data + sent, size - sent, 0);

		if (n > 0) {
			expect_sent("send", p.client, n);
			sent += (size_t)n;
			calls++;
		}
		while (heard < sent && (n < 0 || sent == size)) {
			n = read(p.server, buffer, sizeof(buffer));
			expect_received("read", p.server, n);
			check(n > 0, "read");
			heard += (size_t)n;
		}
	}
	check(calls > 2, "the kernel took all at once");
	pair_answer(&p, "done");
	expect_received("read", p.client, read(p.client, buffer, sizeof(buffer)));
	expect_trip(p.client, (struct expected_trip){ "client", "ok", size, 4, calls });
	expect_trip(p.server, (struct expected_trip){ "server", "ok", 4, size, 0 });
	pair_close(&p);
	free(data);
}

int main(int argc, char **argv)
{
	check(argc >= 2, "usage: nonblocking CASE");
	if (!strcmp(argv[1], "connect") && argc == 3)
		connect_later(argv[2], 0);
	else if (!strcmp(argv[1], "refused"))
		connect_later("tcp", ECONNREFUSED);
	else if (!strcmp(argv[1], "again"))
		connect_again();
	else if (!strcmp(argv[1], "tries"))
		tries();
	else if (!strcmp(argv[1], "partial"))
		partial();
	else
		check(false, argv[1]);
	return 0;
}
