/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connecting CASE: the ways in which a connect() ends.  Prints what `connections` must say
 * of each: whom it was for, the errno, and the function that called.  Exits with status 77
 * where the machine does not allow a case.
 */
#include "tests/programs/expect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static char buffer[64];

/* remote: as the report writes it. */
static void expect_outcome(const char *by, const char *remote, int error)
{
	printf("{\"view\":\"connects\",\"by\":\"%s\",\"remote\":\"%s\",\"error\":%d}\n", by, remote,
	       error);
}

static struct sockaddr_in internet(const char *host, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	check(inet_pton(AF_INET, host, &in.sin_addr) == 1, host);
	return in;
}

static const char *in_text(const struct sockaddr_in *in)
{
	static char text[64];
	char host[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
	snprintf(text, sizeof(text), "%s:%u", host, ntohs(in->sin_port));
	return text;
}

/* A listening socket, or with type SOCK_DGRAM a bound one, on a free port. */
static int listen_at(struct sockaddr_in *address, int type, int backlog)
{
	socklen_t bytes = sizeof(*address);
	int fd = socket(AF_INET, type, 0);

	*address = internet("127.0.0.1", 0);
	check(bind(fd, (struct sockaddr *)address, bytes) == 0, "bind");
	check(getsockname(fd, (struct sockaddr *)address, &bytes) == 0, "getsockname");
	check(type == SOCK_DGRAM || listen(fd, backlog) == 0, "listen");
	return fd;
}

/* The errno.  No function, as it would be the one that called. */
#define TRY_CONNECT(fd, address, bytes) \
	(connect(fd, (struct sockaddr *)(address), bytes) == 0 ? 0 : errno)

static void wait_writable(int fd, int timeout_ms, int events)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	check(poll(&p, 1, timeout_ms) == events, "poll");
}

/* A network of our own, with nothing but a loopback that is down. */
static void enter_empty_network(void)
{
	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		exit(77);
}

static void raise_loopback(void)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	check(ioctl(fd, SIOCSIFFLAGS, &loopback) == 0, "loopback");
	close(fd);
}

static void reject_route(const char *network, const char *mask)
{
	struct rtentry route = { .rt_flags = RTF_UP | RTF_REJECT };
	struct sockaddr_in to = internet(network, 0), of = internet(mask, 0);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(&route.rt_dst, &to, sizeof(to));
	memcpy(&route.rt_genmask, &of, sizeof(of));
	check(ioctl(fd, SIOCADDRT, &route) == 0, "route");
	close(fd);
}

NOINLINE static void refused(void)
{
	struct sockaddr_in address;

	close(listen_at(&address, SOCK_STREAM, 1));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	check(TRY_CONNECT(fd, &address, sizeof(address)) == ECONNREFUSED, "refused");
	expect_outcome("refused", in_text(&address), ECONNREFUSED);
	close(fd);
}

/* The kernel drops what asks for a connection to a listener whose queue is full. */
NOINLINE static void timed_out(void)
{
	struct sockaddr_in address;
	int listener = listen_at(&address, SOCK_STREAM, 0), tries = 1;
	int first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, SOCK_STREAM, 0);

	check(TRY_CONNECT(first, &address, sizeof(address)) == 0, "connect");
	expect_outcome("timed_out", in_text(&address), 0);
	check(setsockopt(second, IPPROTO_TCP, TCP_SYNCNT, &tries, sizeof(tries)) == 0, "SYNCNT");
	check(TRY_CONNECT(second, &address, sizeof(address)) == ETIMEDOUT, "timed out");
	expect_outcome("timed_out", in_text(&address), ETIMEDOUT);
	close(first);
	close(second);
	close(listener);
}

/* As programs do that have a patience of their own. */
NOINLINE static void given_up(void)
{
	struct sockaddr_in address;
	int listener = listen_at(&address, SOCK_STREAM, 0);
	int first = socket(AF_INET, SOCK_STREAM, 0);
	int second = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	check(TRY_CONNECT(first, &address, sizeof(address)) == 0, "connect");
	expect_outcome("given_up", in_text(&address), 0);
	check(TRY_CONNECT(second, &address, sizeof(address)) == EINPROGRESS, "in progress");
	wait_writable(second, 50, 0);
	expect_outcome("given_up", in_text(&address), ECANCELED);
	close(second);
	close(first);
	close(listener);
}

NOINLINE static void unreachable(void)
{
	struct sockaddr_in address = internet("192.0.2.1", 80);

	enter_empty_network();
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	check(TRY_CONNECT(fd, &address, sizeof(address)) == ENETUNREACH, "network unreachable");
	expect_outcome("unreachable", in_text(&address), ENETUNREACH);
	close(fd);
	raise_loopback();
	reject_route("192.0.2.0", "255.255.255.0");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	check(TRY_CONNECT(fd, &address, sizeof(address)) == EHOSTUNREACH, "host unreachable");
	expect_outcome("unreachable", in_text(&address), EHOSTUNREACH);
	close(fd);
}

/* The peer drops the connection: the next call on it is told. */
NOINLINE static void reset(void)
{
	struct sockaddr_in address;
	struct linger drop = { .l_onoff = 1 };
	int listener = listen_at(&address, SOCK_STREAM, 1), fd = socket(AF_INET, SOCK_STREAM, 0);

	check(TRY_CONNECT(fd, &address, sizeof(address)) == 0, "connect");
	expect_outcome("reset", in_text(&address), 0);
	int server = accept(listener, NULL, NULL);

	check(send(fd, "ask", 3, 0) == 3 && recv(server, buffer, 3, 0) == 3, "ask");
	setsockopt(server, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
	close(server);
	check(recv(fd, buffer, sizeof(buffer), 0) == -1 && errno == ECONNRESET, "reset");
	printf("{\"view\":\"broken\",\"by\":\"reset\",\"remote\":\"%s\",\"error\":%d}\n",
	       in_text(&address), ECONNRESET);
	close(fd);
	close(listener);
}

/* A send that connects; its bytes go with the connection's first, if both sides allow it. */
NOINLINE static void fast_open(void)
{
	struct sockaddr_in address;
	socklen_t bytes = sizeof(address);
	int listener = listen_at(&address, SOCK_STREAM, 1), fd = socket(AF_INET, SOCK_STREAM, 0);

	if (sendto(fd, "ask", 3, MSG_FASTOPEN, (struct sockaddr *)&address, bytes) != 3)
		exit(77);
	expect_outcome("fast_open", in_text(&address), 0);
	close(accept(listener, NULL, NULL));
	close(listener);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	check(sendto(fd, "ask", 3, MSG_FASTOPEN, (struct sockaddr *)&address, bytes) == -1 &&
	      errno == ECONNREFUSED, "refused");
	expect_outcome("fast_open", in_text(&address), ECONNREFUSED);
	close(fd);
}

/* EINPROGRESS, a wait, SO_ERROR: of one that succeeds and of one that fails. */
NOINLINE static void in_progress(void)
{
	struct sockaddr_in address;
	int listener = listen_at(&address, SOCK_STREAM, 1);

	for (int expected = 0; expected <= ECONNREFUSED; expected += ECONNREFUSED) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
		socklen_t bytes = sizeof(error);

		check(TRY_CONNECT(fd, &address, sizeof(address)) == EINPROGRESS, "in progress");
		wait_writable(fd, -1, 1);
		check(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0, "SO_ERROR");
		check(error == expected, "end of connect");
		expect_outcome("in_progress", in_text(&address), expected);
		close(fd);
		if (!expected)
			close(listener);
	}
}

static socklen_t unix_address(struct sockaddr_un *un, const char *name)
{
	size_t length = strlen(name);

	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(un->sun_path, name, length);
	if (*name == '@')
		un->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (*name == '/'));
}

static int unix_listen(const char *name, int backlog)
{
	struct sockaddr_un un;
	socklen_t bytes = unix_address(&un, name);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	check(bind(fd, (struct sockaddr *)&un, bytes) == 0 && listen(fd, backlog) == 0, name);
	return fd;
}

NOINLINE static void no_such_file(const char *path)
{
	struct sockaddr_un un;
	socklen_t bytes = unix_address(&un, path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	check(TRY_CONNECT(fd, &un, bytes) == ENOENT, "no such file");
	expect_outcome("no_such_file", path, ENOENT);
	close(fd);
}

NOINLINE static void left_behind(const char *path)
{
	struct sockaddr_un un;
	socklen_t bytes = unix_address(&un, path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	close(unix_listen(path, 1));
	check(TRY_CONNECT(fd, &un, bytes) == ECONNREFUSED, "refused");
	expect_outcome("left_behind", path, ECONNREFUSED);
	close(fd);
	unlink(path);
}

/* Unix sockets do not wait in the background: a full queue is an error at once. */
NOINLINE static void queue_full(const char *path)
{
	struct sockaddr_un un;
	socklen_t bytes = unix_address(&un, path);
	int listener = unix_listen(path, 0), first = socket(AF_UNIX, SOCK_STREAM, 0);
	int second = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	check(TRY_CONNECT(first, &un, bytes) == 0, "connect");
	expect_outcome("queue_full", path, 0);
	check(TRY_CONNECT(second, &un, bytes) == EAGAIN, "queue full");
	expect_outcome("queue_full", path, EAGAIN);
	close(first);
	close(second);
	close(listener);
	unlink(path);
}

NOINLINE static void abstract(void)
{
	struct sockaddr_un un;
	char name[64];

	snprintf(name, sizeof(name), "@traceroundtrip-test-%d", getpid());
	socklen_t bytes = unix_address(&un, name);
	int listener = unix_listen(name, 1), fd = socket(AF_UNIX, SOCK_STREAM, 0);

	check(TRY_CONNECT(fd, &un, bytes) == 0, "abstract");
	expect_outcome("abstract", name, 0);
	close(listener);
	int other = socket(AF_UNIX, SOCK_STREAM, 0);

	check(TRY_CONNECT(other, &un, bytes) == ECONNREFUSED, "abstract and gone");
	expect_outcome("abstract", name, ECONNREFUSED);
	close(fd);
	close(other);
}

/* The program chooses its own end's port before it connects. */
NOINLINE static void bound(void)
{
	struct sockaddr_in address, own;
	int listener = listen_at(&address, SOCK_STREAM, 1), fd = socket(AF_INET, SOCK_STREAM, 0);
	int reserved = listen_at(&own, SOCK_STREAM, 0), on = 1;

	close(reserved);
	check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0, "SO_REUSEADDR");
	check(bind(fd, (struct sockaddr *)&own, sizeof(own)) == 0, "bind");
	check(TRY_CONNECT(fd, &address, sizeof(address)) == 0, "connect");
	expect_outcome("bound", in_text(&address), 0);
	printf("{\"view\":\"local\",\"local\":\"%s\"}\n", in_text(&own));
	close(fd);
	close(listener);
}

/* A connected datagram socket hears that nobody is there (ICMP) at its next call. */
NOINLINE static void datagram(void)
{
	struct sockaddr_in address;
	int receiver = listen_at(&address, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);

	close(receiver);
	check(TRY_CONNECT(fd, &address, sizeof(address)) == 0, "connect");
	expect_outcome("datagram", in_text(&address), 0);
	check(send(fd, "ask", 3, 0) == 3, "send");
	check(recv(fd, buffer, sizeof(buffer), 0) == -1 && errno == ECONNREFUSED, "refused");
	printf("{\"view\":\"broken\",\"by\":\"datagram\",\"remote\":\"%s\",\"error\":%d}\n",
	       in_text(&address), ECONNREFUSED);
	close(fd);
}

static const struct {
	const char *name;
	void (*run)(void);
	void (*run_at)(const char *path);
} cases[] = {
	{ "refused", refused, NULL },         { "timed-out", timed_out, NULL },
	{ "given-up", given_up, NULL },       { "unreachable", unreachable, NULL },
	{ "reset", reset, NULL },             { "in-progress", in_progress, NULL },
	{ "abstract", abstract, NULL },       { "bound", bound, NULL },
	{ "datagram", datagram, NULL },       { "fast-open", fast_open, NULL },
	{ "no-such-file", NULL, no_such_file }, { "left-behind", NULL, left_behind },
	{ "queue-full", NULL, queue_full },
};

int main(int argc, char **argv)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

	check(argc == 2, "usage: connecting CASE");
	snprintf(path, sizeof(path), "/tmp/traceroundtrip-test-%d.socket", getpid());
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (strcmp(argv[1], cases[i].name) != 0)
			continue;
		if (cases[i].run)
			cases[i].run();
		else
			cases[i].run_at(path);
		return 0;
	}
	check(false, argv[1]);
}
