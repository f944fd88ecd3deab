/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * failures CASE: calls that fail, or whose descriptor is no socket.  What happened
 * on a socket must be in the trace with its errno; the rest must not be in it.
 */
#include "tests/programs/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char buffer[64];

static void must_fail(ssize_t result, int error)
{
	check(result == -1 && errno == error, "call did not fail as it should");
}

/* A TCP connection whose peer is gone: the first send provokes the reset that the second meets. */
static void broken_pipe(void)
{
	struct pair p = pair_open("tcp");
	struct pollfd reset = { .fd = p.client, .events = POLLIN };

	expect_done("close", p.server, close(p.server));
	expect_sent("send", p.client, send(p.client, "one", 3, MSG_NOSIGNAL));
	while (!(reset.revents & POLLERR))
		poll(&reset, 1, -1);
	must_fail(expect_sent("send", p.client, send(p.client, "two", 3, MSG_NOSIGNAL)), EPIPE);
	must_fail(expect_sent("sendto", p.client, sendto(p.client, "3", 1, MSG_NOSIGNAL, NULL, 0)),
		  EPIPE);
	expect_trip(p.client, (struct expected_trip){ "client", "reset", 3, 0, 2 });
	/* Another request, which did not even begin. */
	expect_trip(p.client, (struct expected_trip){ "client", "reset", 0, 0, 1 });
	expect_done("close", p.client, close(p.client));
}

/* The peer closes with unread data: the reader meets a reset. */
static void reset_by_peer(void)
{
	struct pair p = pair_open("tcp");

	expect_sent("write", p.client, write(p.client, "ignored", 7));
	expect_done("close", p.server, close(p.server));
	must_fail(expect_received("read", p.client, read(p.client, buffer, sizeof(buffer))),
		  ECONNRESET);
	expect_trip(p.client, (struct expected_trip){ "client", "reset", 7, 0, 0 });
	expect_done("close", p.client, close(p.client));
}

/* The peer closes in good order, without an answer. */
static void closed_by_peer(void)
{
	struct pair p = pair_open("tcp");

	expect_sent("write", p.client, write(p.client, "hello", 5));
	pair_hear(&p, 5);
	expect_done("close", p.server, close(p.server));
	check(expect_received("recv", p.client, recv(p.client, buffer, 64, 0)) == 0, "end");
	expect_trip(p.client, (struct expected_trip){ "client", "closed", 5, 0, 0 });
	expect_trip(p.server, (struct expected_trip){ "server", "pending", 0, 5, 1 });
	expect_done("close", p.client, close(p.client));
}

/* Its name stands in the report. */
__attribute__((noinline)) static void refused(const char *transport)
{
	struct sockaddr_storage address;
	socklen_t bytes;
	int listener = listener_open(&address, &bytes, transport);

	expect_done("close", listener, close(listener));
	int fd = expect_opened("socket", socket(address.ss_family, SOCK_STREAM, 0));

	must_fail(expect_done("connect", fd, connect(fd, (struct sockaddr *)&address, bytes)),
		  ECONNREFUSED);
	expect_done("close", fd, close(fd));
}

/* Every transfer call on a socket that is not connected. */
static void not_connected(void)
{
	struct iovec piece = { buffer, 4 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	int fd = expect_opened("socket", socket(AF_INET, SOCK_STREAM, 0));

	must_fail(expect_sent("send", fd, send(fd, "x", 1, MSG_NOSIGNAL)), EPIPE);
	must_fail(expect_sent("sendto", fd, sendto(fd, "x", 1, MSG_NOSIGNAL, NULL, 0)), EPIPE);
	must_fail(expect_sent("sendmsg", fd, sendmsg(fd, &message, MSG_NOSIGNAL)), EPIPE);
	must_fail(expect_received("recv", fd, recv(fd, buffer, 4, 0)), ENOTCONN);
	must_fail(expect_received("recvfrom", fd, recvfrom(fd, buffer, 4, 0, NULL, NULL)),
		  ENOTCONN);
	must_fail(expect_received("recvmsg", fd, recvmsg(fd, &message, 0)), ENOTCONN);
	must_fail(expect_received("read", fd, read(fd, buffer, 4)), ENOTCONN);
	must_fail(expect_received("readv", fd, readv(fd, &piece, 1)), ENOTCONN);
	must_fail(expect_done("shutdown", fd, shutdown(fd, SHUT_WR)), ENOTCONN);
	expect_done("close", fd, close(fd));
}

/* Descriptors that are no sockets, and numbers that are no descriptors: nothing to log. */
static void no_socket(void)
{
	struct iovec piece = { buffer, 4 };
	int pipes[2];
	int file = open("/dev/null", O_RDWR);

	check(file >= 0 && pipe(pipes) == 0, "open");
	check(write(pipes[1], "abcd", 4) == 4 && read(pipes[0], buffer, 4) == 4, "pipe");
	check(writev(file, &piece, 1) == 4 && readv(file, &piece, 1) == 0, "file");
	must_fail(send(file, "x", 1, 0), ENOTSOCK);
	must_fail(recv(pipes[0], buffer, 4, 0), ENOTSOCK);
	must_fail(connect(file, (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET },
			  sizeof(struct sockaddr_in)), ENOTSOCK);
	close(file);
	close(pipes[0]);
	close(pipes[1]);
	must_fail(read(pipes[0], buffer, 4), EBADF);
	must_fail(send(pipes[1], "x", 1, 0), EBADF);
	must_fail(close(pipes[1]), EBADF);
	must_fail(close(-1), EBADF);
	must_fail(read(1 << 30, buffer, 4), EBADF);
	must_fail(shutdown(-7, SHUT_RD), EBADF);
}

/* Sockets that cannot be made, and nobody to accept: no socket, no event. */
static void cannot_open(void)
{
	struct sockaddr_storage address;
	socklen_t bytes;
	int fds[2];

	must_fail(socket(AF_INET, 77, 0), EINVAL);
	must_fail(socketpair(AF_INET, SOCK_STREAM, 0, fds), EOPNOTSUPP);
	int listener = listener_open(&address, &bytes, "tcp");

	check(fcntl(listener, F_SETFL, O_NONBLOCK) == 0, "fcntl");
	must_fail(accept(listener, NULL, NULL), EAGAIN);
	must_fail(accept4(listener, NULL, NULL, SOCK_CLOEXEC), EAGAIN);
	expect_done("close", listener, close(listener));
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "broken-pipe", broken_pipe },     { "reset-by-peer", reset_by_peer },
	{ "closed-by-peer", closed_by_peer }, { "not-connected", not_connected },
	{ "no-socket", no_socket },         { "cannot-open", cannot_open },
};

int main(int argc, char **argv)
{
	check(argc >= 2, "usage: failures CASE [TRANSPORT]");
	if (!strcmp(argv[1], "refused")) {
		check(argc == 3, "usage: failures refused TRANSPORT");
		refused(argv[2]);
		return 0;
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (!strcmp(argv[1], cases[i].name)) {
			cases[i].run();
			return 0;
		}
	}
	check(false, argv[1]);
}
