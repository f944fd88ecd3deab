/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * messages peek TRANSPORT | payload CALL | zero: what is counted and kept of bytes.
 */
#include "tests/programs/expect.h"

#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char buffer[8192];

/* Looks three times before it takes: the peeks carry no bytes, and on a stream no offset moves. */
static void peek(const char *transport)
{
	struct iovec piece = { buffer, sizeof(buffer) };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	struct pair p = pair_open(transport);

	expect_sent("send", p.client, send(p.client, "look", 4, 0));
	pair_hear(&p, 4);
	pair_answer(&p, "at this");
	expect_peeked("recv", p.client, recv(p.client, buffer, 2, MSG_PEEK));
	expect_peeked("recvfrom", p.client, recvfrom(p.client, buffer, 7, MSG_PEEK, NULL, NULL));
	expect_peeked("recvmsg", p.client, recvmsg(p.client, &message, MSG_PEEK));
	expect_received("recv", p.client, recv(p.client, buffer, sizeof(buffer), 0));
	expect_trip(p.client, (struct expected_trip){ "client", "ok", 4, 7, 0 });
	expect_trip(p.server, (struct expected_trip){ "server", "ok", 7, 4, 2 });
	pair_close(&p);
}

static void print_payload(const char *call, int fd, const char *data, size_t size)
{
	printf("{\"view\":\"payload\",\"call\":\"%s\",\"fd\":%d,\"data\":\"%.*s\"}\n", call, fd,
	       (int)size, data);
}

/* Long data in uneven pieces; what is kept must be the stream's head and tail, in order. */
static void payload(const char *call)
{
	static char data[6000];
	struct pair p = pair_open("socketpair");
	struct iovec pieces[] = {
		{ data, 1 }, { data + 1, 0 }, { data + 1, 99 },
		{ data + 100, 5890 }, { data + 5990, 10 },
	};
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 5 };

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = "0123456789abcdefghijklmnopqrstuvwxyz-"[i % 37];
	for (int i = 0; i < 4; i++) {
		ssize_t n = !strcmp(call, "writev")  ? writev(p.client, pieces, 5) :
			    !strcmp(call, "sendmsg") ? sendmsg(p.client, &message, 0) :
						       send(p.client, data, sizeof(data), 0);

		check(expect_sent(call, p.client, n) == sizeof(data), call);
		print_payload(call, p.client, data, sizeof(data));
		/* A scattered read that fills only part of what it was given. */
		char front[100], back[7000];
		struct iovec into[] = { { front, sizeof(front) }, { back, sizeof(back) } };

		n = expect_received("readv", p.server, readv(p.server, into, 2));
		check(n == sizeof(data), "readv");
		print_payload("readv", p.server, data, sizeof(data));
	}
	pair_close(&p);
}

/* Calls that move nothing are no requests and no responses. */
static void zero(void)
{
	struct pair p = pair_open("tcp");

	expect_sent("send", p.client, send(p.client, "", 0, 0));
	expect_sent("write", p.client, write(p.client, "", 0));
	printf("{\"view\":\"summary\",\"round_trips\":0}\n");
	pair_close(&p);
}

int main(int argc, char **argv)
{
	check(argc >= 2, "usage: messages CASE [ARGUMENT]");
	if (!strcmp(argv[1], "peek") && argc == 3)
		peek(argv[2]);
	else if (!strcmp(argv[1], "payload") && argc == 3)
		payload(argv[2]);
	else if (!strcmp(argv[1], "zero"))
		zero();
	else
		check(false, argv[1]);
	return 0;
}
