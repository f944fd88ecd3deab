/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transfer SEND RECEIVE TRANSPORT: two round trips whose client uses the calls SEND and RECEIVE.
 *
 * Compiled twice: plain, and as transfer_fortified, where glibc turns receiving
 * calls into __recv_chk and so on because lengths are not known to the compiler.
 */
#include "tests/programs/expect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef TEST_FORTIFIED
#define CHECKED(name) "__" name "_chk"
#else
#define CHECKED(name) name
#endif

static ssize_t with_send(int fd, const char *data, size_t size)
{
	return send(fd, data, size, MSG_NOSIGNAL);
}

static ssize_t with_sendto(int fd, const char *data, size_t size)
{
	return sendto(fd, data, size, 0, NULL, 0);
}

/* In two pieces, one of them empty, as HTTP libraries do with headers and body. */
static ssize_t with_sendmsg(int fd, const char *data, size_t size)
{
	struct iovec pieces[] = {
		{ (char *)data, 1 }, { NULL, 0 }, { (char *)data + 1, size - 1 },
	};
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 3 };

	return sendmsg(fd, &message, 0);
}

static ssize_t with_write(int fd, const char *data, size_t size)
{
	return write(fd, data, size);
}

static ssize_t with_writev(int fd, const char *data, size_t size)
{
	struct iovec pieces[] = { { (char *)data, size - 1 }, { (char *)data + size - 1, 1 } };

	return writev(fd, pieces, 2);
}

/* The receivers' buffers have a size that the compiler knows, and lengths that it does not. */
static ssize_t with_recv(int fd, size_t size)
{
	char buffer[4096];

	return recv(fd, buffer, size, 0);
}

static ssize_t with_recvfrom(int fd, size_t size)
{
	char buffer[4096];
	struct sockaddr_storage from;
	socklen_t bytes = sizeof(from);

	return recvfrom(fd, buffer, size, 0, (struct sockaddr *)&from, &bytes);
}

static ssize_t with_recvmsg(int fd, size_t size)
{
	char buffer[4096];
	struct iovec pieces[] = { { buffer, 2 }, { buffer + 2, size - 2 } };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };

	return recvmsg(fd, &message, 0);
}

static ssize_t with_read(int fd, size_t size)
{
	char buffer[4096];

	return read(fd, buffer, size);
}

static ssize_t with_readv(int fd, size_t size)
{
	char buffer[4096];
	struct iovec pieces[] = { { buffer, 1 }, { buffer + 1, size - 1 } };

	return readv(fd, pieces, 2);
}

/* The names of the 32-bit days; built with _FILE_OFFSET_BITS=64 we get the other ones. */
ssize_t plain_sendfile(int to, int from, off_t *offset, size_t n) __asm__("sendfile");
ssize_t plain_preadv2(int fd, const struct iovec *pieces, int count, off_t offset, int flags)
	__asm__("preadv2");
ssize_t plain_pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags)
	__asm__("pwritev2");

static int file_with(const char *data, size_t size)
{
	int file = memfd_create("transfer", 0);

	check(file >= 0 && pwrite(file, data, size, 0) == (ssize_t)size, "memfd");
	return file;
}

static ssize_t with_sendfile64(int fd, const char *data, size_t size)
{
	int file = file_with(data, size);
	ssize_t n = sendfile(fd, file, NULL, size);

	close(file);
	return n;
}

static ssize_t with_sendfile(int fd, const char *data, size_t size)
{
	int file = file_with(data, size);
	ssize_t n = plain_sendfile(fd, file, NULL, size);

	close(file);
	return n;
}

static ssize_t splice_to(int fd, const char *data, size_t size)
{
	int pipes[2];

	check(pipe(pipes) == 0 && write(pipes[1], data, size) == (ssize_t)size, "pipe");
	ssize_t n = splice(pipes[0], NULL, fd, NULL, size, 0);

	close(pipes[0]);
	close(pipes[1]);
	return n;
}

static ssize_t with_sendmmsg(int fd, const char *data, size_t size)
{
	struct iovec piece = { (char *)data, size };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &piece, .msg_iovlen = 1 } };

	return sendmmsg(fd, &message, 1, 0) == 1 ? (ssize_t)message.msg_len : -1;
}

static ssize_t with_pwritev2(int fd, const char *data, size_t size)
{
	struct iovec piece = { (char *)data, size };

	return plain_pwritev2(fd, &piece, 1, -1, 0);
}

static ssize_t with_pwritev64v2(int fd, const char *data, size_t size)
{
	struct iovec piece = { (char *)data, size };

	return pwritev2(fd, &piece, 1, -1, 0);
}

static ssize_t splice_from(int fd, size_t size)
{
	int pipes[2];

	check(pipe(pipes) == 0, "pipe");
	ssize_t n = splice(fd, NULL, pipes[1], NULL, size, 0);

	close(pipes[0]);
	close(pipes[1]);
	return n;
}

static ssize_t with_recvmmsg(int fd, size_t size)
{
	char buffer[4096];
	struct iovec piece = { buffer, size };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &piece, .msg_iovlen = 1 } };

	return recvmmsg(fd, &message, 1, 0, NULL) == 1 ? (ssize_t)message.msg_len : -1;
}

static ssize_t with_preadv2(int fd, size_t size)
{
	char buffer[4096];
	struct iovec piece = { buffer, size };

	return plain_preadv2(fd, &piece, 1, -1, 0);
}

static ssize_t with_preadv64v2(int fd, size_t size)
{
	char buffer[4096];
	struct iovec piece = { buffer, size };

	return preadv2(fd, &piece, 1, -1, 0);
}

static const struct sender {
	const char *name;
	ssize_t (*send)(int fd, const char *data, size_t size);
} senders[] = {
	{ "send", with_send },   { "sendto", with_sendto }, { "sendmsg", with_sendmsg },
	{ "write", with_write }, { "writev", with_writev },
	{ "sendmmsg", with_sendmmsg },
	{ "sendfile", with_sendfile },     { "sendfile64", with_sendfile64 },
	{ "splice", splice_to },
	{ "pwritev2", with_pwritev2 },     { "pwritev64v2", with_pwritev64v2 },
	{ NULL, NULL },
};

static const struct receiver {
	const char *name;
	ssize_t (*receive)(int fd, size_t size);
} receivers[] = {
	{ CHECKED("recv"), with_recv }, { CHECKED("recvfrom"), with_recvfrom },
	{ "recvmsg", with_recvmsg },    { CHECKED("read"), with_read },
	{ "readv", with_readv },
	{ "recvmmsg", with_recvmmsg },  { "splice", splice_from },
	{ "preadv2", with_preadv2 },    { "preadv64v2", with_preadv64v2 },
	{ NULL, NULL },
};

static const struct sender *sender_named(const char *name)
{
	const struct sender *s = senders;

	while (s->name && strcmp(s->name, name))
		s++;
	check(s->name != NULL, name);
	return s;
}

static const struct receiver *receiver_named(const char *name)
{
	const struct receiver *r = receivers;

	while (r->name && strcmp(r->name, name))
		r++;
	check(r->name != NULL, name);
	return r;
}

static void round_trip(const struct pair *p, const struct sender *s, const struct receiver *r,
		       const char *request, const char *reply)
{
	size_t size = strlen(request);
	ssize_t n = s->send(p->client, request, size);

	check(expect_sent(s->name, p->client, n) == (ssize_t)size, s->name);
	pair_hear(p, size);
	pair_answer(p, reply);
	n = r->receive(p->client, strlen(reply));
	check(expect_received(r->name, p->client, n) == (ssize_t)strlen(reply), r->name);
}

int main(int argc, char **argv)
{
	check(argc == 4, "usage: transfer SEND RECEIVE TRANSPORT");
	const struct sender *s = sender_named(argv[1]);
	const struct receiver *r = receiver_named(argv[2]);
	struct pair p = pair_open(argv[3]);

	round_trip(&p, s, r, "ping", "pong!");
	round_trip(&p, s, r, "once more", "and back");
	expect_trip(p.client, (struct expected_trip){ "client", "ok", 4, 5, 2 });
	expect_trip(p.server, (struct expected_trip){ "server", "ok", 5, 4, 2 });
	expect_trip(p.client, (struct expected_trip){ "client", "ok", 9, 8, 2 });
	expect_trip(p.server, (struct expected_trip){ "server", "ok", 8, 9, 2 });
	pair_close(&p);
	return 0;
}
