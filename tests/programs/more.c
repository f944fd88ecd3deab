/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * more CASE [ARGUMENT]: descriptors that are closed, passed and turned into streams in ways
 * that are easily missed, calls that move several messages, system calls by number, bytes
 * that no library sees, and when a response was there.
 */
#include "tests/programs/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static char buffer[65536];

/* A system call that passes by every library. */
static long raw(long number, long a, long b, long c)
{
	long result;
#if defined(__x86_64__)
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
#else
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	result = x0;
#endif
	return result;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_sec = 0, .tv_nsec = ms * 1000000 }, NULL);
}

/* Three datagrams in one call; of the calls the first event alone is one. */
static void several(const char *transport)
{
	struct pair p = pair_open(transport);
	char in[3][64] = { "a", "bb", "ccc" };
	struct iovec out[] = { { in[0], 1 }, { in[1], 2 }, { in[2], 3 } };
	struct iovec into[] = { { in[0], 64 }, { in[1], 64 }, { in[2], 64 } };
	struct mmsghdr sent[3] = { 0 }, received[3] = { 0 };
	struct sockaddr_storage from[3];

	for (int i = 0; i < 3; i++) {
		sent[i].msg_hdr = (struct msghdr){ .msg_iov = &out[i], .msg_iovlen = 1 };
		received[i].msg_hdr = (struct msghdr){ .msg_name = &from[i],
						       .msg_namelen = sizeof(from[i]),
						       .msg_iov = &into[i], .msg_iovlen = 1 };
	}
	check(sendmmsg(p.client, sent, 3, 0) == 3, "sendmmsg");
	for (int i = 0; i < 3; i++)
		expect_sent("sendmmsg", p.client, (ssize_t)sent[i].msg_len);
	check(recvmmsg(p.server, received, 3, 0, NULL) == 3, "recvmmsg");
	for (int i = 0; i < 3; i++)
		expect_received("recvmmsg", p.server, (ssize_t)received[i].msg_len);
	pair_answer(&p, "done");
	expect_received("recv", p.client, recv(p.client, buffer, 64, 0));
	expect_trip(p.client, (struct expected_trip){ "client", "ok", 6, 4, 2 });
	expect_trip(p.server, (struct expected_trip){ "server", "ok", 4, 6, 2 });
	pair_close(&p);
}

/* The calls on a socket that is not connected, and none that moves anything. */
static void failing(const char *unused)
{
	struct iovec piece = { buffer, 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &piece, .msg_iovlen = 1 } };
	int pipes[2], fd = expect_opened("socket", socket(AF_INET, SOCK_STREAM, 0));

	check(pipe(pipes) == 0 && write(pipes[1], "x", 1) == 1, "pipe");
	expect_sent("sendmmsg", fd, sendmmsg(fd, &message, 1, MSG_NOSIGNAL));
	expect_received("recvmmsg", fd, recvmmsg(fd, &message, 1, 0, NULL));
	expect_received("preadv64v2", fd, preadv2(fd, &piece, 1, -1, 0));
	expect_received("splice", fd, splice(fd, NULL, pipes[1], NULL, 1, 0));
	expect_done("setsockopt", fd, setsockopt(fd, IPPROTO_TCP, 9999, &(int){ 1 }, sizeof(int)));
	expect_done("setsockopt", fd, setsockopt(fd, -1, 1, &(int){ 1 }, sizeof(int)));
	expect_done("close", fd, close(fd));
	close(pipes[0]);
	close(pipes[1]);
}

/* A file, or nothing, has the number now: what happens to it is nobody's business. */
static void use_number_as_file(int number)
{
	int file = open("/dev/null", O_RDWR);

	check(file >= 0 && (file == number || dup2(file, number) == number), "file in its place");
	check(write(number, "file", 4) == 4 && read(number, buffer, 4) == 0, "file");
	close(number);
	if (file != number)
		close(file);
}

/* With _FILE_OFFSET_BITS=64 the plain name means freopen64. */
FILE *plain_freopen(const char *path, const char *mode, FILE *stream) __asm__("freopen");

/* Closes the client's end in the given way, without an event; then its number is a file's. */
static void closed_by(const char *way)
{
	struct pair p = pair_open("tcp");
	int copy = -1;

	expect_sent("send", p.client, send(p.client, "hello", 5, 0));
	pair_hear(&p, 5);
	if (!strcmp(way, "close_range")) {
		check(close_range((unsigned int)p.client, (unsigned int)p.client, 0) == 0, way);
	} else if (!strcmp(way, "close_range-cloexec")) {
		check(close_range((unsigned int)p.client, (unsigned int)p.client, 4) == 0, way);
		expect_sent("send", p.client, send(p.client, "still open", 10, 0));
		expect_done("close", p.client, close(p.client));
	} else if (!strcmp(way, "closefrom")) {
		/* What lies above goes with it: the server's end too. */
		check(p.client < p.server, "order of descriptors");
		closefrom(p.client);
	} else if (!strcmp(way, "freopen") || !strcmp(way, "freopen64")) {
		FILE *file = fdopen(p.client, "r+");

		expect_done("fdopen", p.client, file ? 0 : -1);
		file = !strcmp(way, "freopen") ? plain_freopen("/dev/zero", "r", file) :
						 freopen("/dev/zero", "r", file);
		check(file && fileno(file) == p.client, way);
		expect_done("close", p.server, close(p.server));
		check(fread(buffer, 1, 16, file) == 16 && fclose(file) == 0, "no socket any more");
	} else if (!strcmp(way, "syscall")) {
		expect_done("close", p.client, (int)syscall(SYS_close, p.client));
	} else {
		check(raw(SYS_close, p.client, 0, 0) == 0, way);
		copy = p.client;
	}
	use_number_as_file(p.client);
	if (copy >= 0) {
		/* Nobody saw the close; the number's next socket is a connection of its own. */
		int fd = expect_opened("socket", socket(AF_INET, SOCK_DGRAM, 0));

		expect_done("close", fd, close(fd));
	}
	printf("{\"view\":\"closed\",\"connection\":\"client\",\"sent\":%d}\n",
	       !strcmp(way, "close_range-cloexec") ? 15 : 5);
}

/* A socket as a stream: stdio's transfers are not seen, the kernel's count tells of them. */
static void stream(const char *unused)
{
	struct pair p = pair_open("tcp");

	expect_sent("send", p.client, send(p.client, "seen ", 5, 0));
	FILE *file = fdopen(p.client, "r+");

	expect_done("fdopen", p.client, file ? 0 : -1);
	check(fprintf(file, "%0999d", 7) == 999 && fflush(file) == 0, "fprintf");
	pair_hear(&p, 1004);
	check(fclose(file) == 0, "fclose");
	use_number_as_file(p.client);
	expect_done("close", p.server, close(p.server));
	printf("{\"view\":\"unseen\",\"bytes\":999,\"all\":1004}\n");
}

static void unseen(const char *unused)
{
	struct pair p = pair_open("tcp");
	size_t heard = 0;

	memset(buffer, 'x', 30000);
	expect_sent("send", p.client, send(p.client, "go", 2, 0));
	pair_hear(&p, 2);
	for (size_t sent = 0; sent < 30000;) {
		ssize_t n = expect_sent("send", p.server,
					send(p.server, buffer, 30000 - sent, 0));

		check(n > 0, "send");
		sent += (size_t)n;
	}
	expect_received("recv", p.client, recv(p.client, buffer, 1000, MSG_WAITALL));
	while (heard < 29000) {
		long n = raw(SYS_read, p.client, (long)buffer, 29000 - (long)heard);

		check(n > 0, "raw read");
		heard += (size_t)n;
	}
	expect_done("close", p.client, close(p.client));
	expect_done("close", p.server, close(p.server));
	printf("{\"view\":\"unseen\",\"bytes\":29000,\"all\":30002}\n");
}

static int pass_descriptor(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'd';
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct pair road = pair_open("socketpair");
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	check(expect_sent("sendmsg", road.client, sendmsg(road.client, &message, 0)) == 1, "sendmsg");
	check(expect_received("recvmsg", road.server, recvmsg(road.server, &message, 0)) == 1,
	      "recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	pair_close(&road);
	return fd;
}

/*
 * A socket that arrives in a message, perhaps at a number that was another socket's a moment
 * ago, whose close nobody saw: it is the connection that was sent.
 */
static void passed(const char *stale)
{
	struct pair p = pair_open("tcp");

	if (!strcmp(stale, "stale")) {
		int old = expect_opened("socket", socket(AF_INET, SOCK_STREAM, 0));
		check(raw(SYS_close, old, 0, 0) == 0, "close");
	}
	int fd = pass_descriptor(p.client);

	expect_same(p.client, fd);
	expect_sent("send", fd, send(fd, "passed", 6, 0));
	pair_hear(&p, 6);
	pair_answer(&p, "on");
	expect_received("recv", fd, recv(fd, buffer, 64, 0));
	expect_done("close", fd, close(fd));
	pair_close(&p);
}

/* By number, through libc's syscall(): the same events as by name. */
static void by_number(const char *transport)
{
	struct pair p = pair_open(transport);
	char fifth[] = "fifth";
	struct iovec piece = { fifth, 5 }, into = { buffer, 64 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	struct mmsghdr batch = { .msg_hdr = message };

	check(syscall(SYS_sendmmsg, p.client, &batch, 0, 0) == 0, "no messages are no event");
	expect_sent("write", p.client, syscall(SYS_write, p.client, "first", 5));
	expect_sent("writev", p.client, syscall(SYS_writev, p.client, &piece, 1));
	expect_sent("sendto", p.client, syscall(SYS_sendto, p.client, "third", 5, 0, NULL, 0));
	expect_sent("sendmsg", p.client, syscall(SYS_sendmsg, p.client, &message, 0));
	check(syscall(SYS_sendmmsg, p.client, &batch, 1, 0) == 1, "a message");
	expect_sent("sendmmsg", p.client, batch.msg_len);
	pair_hear(&p, 25);
	for (const char *const *reply = (const char *const[]){ "1", "22", "333", "4444", "55555", NULL };
	     *reply; reply++) {
		pair_answer(&p, *reply);
		switch (strlen(*reply)) {
		case 1:
			expect_received("read", p.client, syscall(SYS_read, p.client, buffer, 64));
			break;
		case 2:
			expect_received("readv", p.client, syscall(SYS_readv, p.client, &into, 1));
			break;
		case 3:
			expect_received("recvfrom", p.client, syscall(SYS_recvfrom, p.client, buffer,
								      64, 0, NULL, NULL));
			break;
		case 4:
			message.msg_iov = &into;
			expect_received("recvmsg", p.client,
					syscall(SYS_recvmsg, p.client, &message, 0));
			break;
		default:
			batch.msg_hdr.msg_iov = &into;
			check(syscall(SYS_recvmmsg, p.client, &batch, 1, 0, NULL) == 1, "an answer");
			expect_received("recvmmsg", p.client, batch.msg_len);
		}
	}
	expect_trip(p.client, (struct expected_trip){ "client", "ok", 25, 15, 10 });
	expect_trip(p.server, (struct expected_trip){ "server", "ok", 15, 25, 0 });
	check(syscall(SYS_getpid) == getpid(), "other calls");
	check(syscall(SYS_read, -1, buffer, 1) == -1 && errno == EBADF, "errno");
	pair_close(&p);
}

static void connect_by_number(const char *unused)
{
	struct sockaddr_storage address;
	socklen_t bytes;
	int listener = listener_open(&address, &bytes, "tcp");
	int fd = expect_opened("socket", (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));

	expect_done("connect", fd, (int)syscall(SYS_connect, fd, &address, bytes));
	int server = expect_opened("accept4",
				   (int)syscall(SYS_accept4, listener, NULL, NULL, SOCK_CLOEXEC));

	expect_sent("send", fd, send(fd, "x", 1, 0));
	expect_received("recv", server, recv(server, buffer, 1, 0));
	expect_done("close", fd, (int)syscall(SYS_close, fd));
	expect_done("close", server, close(server));
	expect_done("close", listener, close(listener));
}

static void options(const char *unused)
{
	struct pair p = pair_open("tcp");
	int on = 1;

	expect_done("setsockopt", p.client,
		    setsockopt(p.client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	expect_done("setsockopt", p.client,
		    setsockopt(p.client, SOL_SOCKET, SO_RCVTIMEO,
			       &(struct timeval){ .tv_sec = 5 }, sizeof(struct timeval)));
	expect_done("fcntl64", p.client, fcntl(p.client, F_SETFL, O_RDWR));
	pair_close(&p);
}

/* The answer is readable long before it is read, and so is the request at the server. */
static void arrival(const char *wait)
{
	struct pair p = pair_open("tcp");
	struct pollfd both[] = { { p.client, POLLIN, 0 }, { p.server, POLLIN, 0 } };
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (int i = 0; i < 2; i++) {
		event.data.u64 = (uint64_t)both[i].fd << 32;
		check(epoll_ctl(epoll, EPOLL_CTL_ADD, both[i].fd, &event) == 0, "epoll_ctl");
	}
	send(p.client, "question", 8, 0);
	check(!strcmp(wait, "poll") ? poll(both, 2, -1) == 1 : epoll_wait(epoll, &event, 1, -1) == 1,
	      wait);
	pause_ms(60);
	check(recv(p.server, buffer, 64, 0) == 8, "recv");
	send(p.server, "answer", 6, 0);
	check(!strcmp(wait, "poll") ? poll(both, 2, -1) == 1 : epoll_wait(epoll, &event, 1, -1) == 1,
	      wait);
	pause_ms(40);
	check(recv(p.client, buffer, 64, 0) == 6, "recv");
	close(p.client);
	close(p.server);
}

/* Whether or not the kernel lets us have one: who asks for a ring means to use it. */
static void ring(const char *unused)
{
	char parameters[120] = { 0 };
	struct pair p = pair_open("socketpair");
	long fd = syscall(SYS_io_uring_setup, 4, parameters);

	if (fd >= 0)
		close((int)fd);
	expect_sent("send", p.client, send(p.client, "x", 1, 0));
	pair_close(&p);
}

static const struct {
	const char *name;
	void (*run)(const char *argument);
} cases[] = {
	{ "several", several },     { "failing", failing },  { "closed-by", closed_by },
	{ "stream", stream },       { "unseen", unseen },    { "passed", passed },
	{ "by-number", by_number }, { "connect-by-number", connect_by_number },
	{ "options", options },     { "arrival", arrival },  { "ring", ring },
};

int main(int argc, char **argv)
{
	check(argc == 2 || argc == 3, "usage: more CASE [ARGUMENT]");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (!strcmp(argv[1], cases[i].name)) {
			cases[i].run(argc > 2 ? argv[2] : "");
			return 0;
		}
	}
	check(false, argv[1]);
}
