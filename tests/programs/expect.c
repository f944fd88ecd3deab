/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The expectations of test programs, and connections within one process. */
#include "tests/programs/expect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* What a descriptor is: connection 0 is one that the trace must not know. */
static struct end {
	unsigned int connection;
	unsigned int peer; /* connection of what is sent and received, if another */
	uint64_t *sent, *received; /* shared by copies of a descriptor */
} ends[1024];

static unsigned int connections;

void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "test program: %s: %s\n", what, strerror(errno));
	exit(99);
}

static struct end *end_of(int fd)
{
	check(fd >= 0 && fd < 1024, "descriptor in range");
	return &ends[fd];
}

/* A result of -1 stands with its errno, all others with errno 0. */
static void print_event(const char *call, int fd, long result, int error, const char *more)
{
	printf("{\"view\":\"dump\",\"call\":\"%s\",\"fd\":%d,\"result\":%ld,\"errno\":%d%s}\n",
	       call, fd, result, result < 0 ? error : 0, more);
}

static unsigned int data_connection(int fd)
{
	const struct end *end = end_of(fd);

	return end->peer ? end->peer : end->connection;
}

static void print_transfer(const char *call, int fd, ssize_t result, int error, uint64_t offset,
			   ssize_t bytes)
{
	char more[128];

	snprintf(more, sizeof(more), ",\"connection\":\"c%u\",\"offset\":%llu,\"bytes\":%zd",
		 data_connection(fd), (unsigned long long)offset, bytes);
	print_event(call, fd, result, error, more);
}

void expect_found(int fd)
{
	struct end *end = end_of(fd);

	end->connection = ++connections;
	end->peer = 0;
	end->sent = calloc(2, sizeof(*end->sent));
	check(end->sent != NULL, "memory");
	end->received = end->sent + 1;
}

int expect_opened(const char *call, int fd)
{
	int error = errno;

	printf("{\"view\":\"dump\",\"call\":\"%s\",\"result\":%d,\"errno\":%d}\n", call, fd,
	       fd < 0 ? error : 0);
	if (fd >= 0)
		expect_found(fd);
	errno = error;
	return fd;
}

void expect_peer(int fd)
{
	end_of(fd)->peer = ++connections;
}

void expect_same(int fd, int copy)
{
	*end_of(copy) = *end_of(fd);
}

int expect_done(const char *call, int fd, int result)
{
	int error = errno;
	char more[64];

	snprintf(more, sizeof(more), ",\"connection\":\"c%u\"", end_of(fd)->connection);
	print_event(call, fd, result, error, more);
	errno = error;
	return result;
}

ssize_t expect_sent(const char *call, int fd, ssize_t result)
{
	int error = errno;
	struct end *end = end_of(fd);

	print_transfer(call, fd, result, error, *end->sent, result > 0 ? result : 0);
	if (result > 0)
		*end->sent += (uint64_t)result;
	errno = error;
	return result;
}

ssize_t expect_received(const char *call, int fd, ssize_t result)
{
	int error = errno;
	struct end *end = end_of(fd);

	print_transfer(call, fd, result, error, *end->received, result > 0 ? result : 0);
	if (result > 0)
		*end->received += (uint64_t)result;
	errno = error;
	return result;
}

ssize_t expect_peeked(const char *call, int fd, ssize_t result)
{
	int error = errno;

	print_transfer(call, fd, result, error, *end_of(fd)->received, 0);
	errno = error;
	return result;
}

void expect_trip(int fd, struct expected_trip trip)
{
	printf("{\"view\":\"trips\",\"connection\":\"c%u\",\"status\":\"%s\",\"bytes_sent\":%llu,"
	       "\"bytes_received\":%llu",
	       data_connection(fd), trip.status, (unsigned long long)trip.sent,
	       (unsigned long long)trip.received);
	if (trip.role)
		printf(",\"role\":\"%s\"", trip.role);
	if (trip.calls)
		printf(",\"calls\":%u", trip.calls);
	printf("}\n");
}

/* Fills address with a fresh one of the transport's family; port 0 lets the kernel choose. */
static socklen_t address_new(struct sockaddr_storage *address, const char *transport)
{
	memset(address, 0, sizeof(*address));
	if (!strcmp(transport, "unix")) {
		struct sockaddr_un *path = (struct sockaddr_un *)address;

		/* Binding to the family alone makes the kernel choose an abstract name. */
		path->sun_family = AF_UNIX;
		return sizeof(path->sun_family);
	}
	if (!strcmp(transport, "tcp6")) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;

		in6->sin6_family = AF_INET6;
		in6->sin6_addr = in6addr_loopback;
		return sizeof(*in6);
	}
	struct sockaddr_in *in = (struct sockaddr_in *)address;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(*in);
}

static int socket_new(int family, int type)
{
	int fd = expect_opened("socket", socket(family, type, 0));

	check(fd >= 0, "socket");
	return fd;
}

int listener_open(struct sockaddr_storage *address, socklen_t *bytes, const char *transport)
{
	*bytes = address_new(address, transport);
	int fd = socket_new(address->ss_family, SOCK_STREAM);

	check(bind(fd, (struct sockaddr *)address, *bytes) == 0, "bind");
	check(listen(fd, 16) == 0, "listen");
	*bytes = sizeof(*address);
	check(getsockname(fd, (struct sockaddr *)address, bytes) == 0, "getsockname");
	return fd;
}

static void connect_to(int fd, const struct sockaddr_storage *address, socklen_t bytes)
{
	int result = connect(fd, (const struct sockaddr *)address, bytes);

	check(expect_done("connect", fd, result) == 0, "connect");
}

static struct pair stream_pair(const char *transport)
{
	struct pair p = {0};
	struct sockaddr_storage address;
	socklen_t bytes;
	int listener = listener_open(&address, &bytes, transport);

	p.client = socket_new(address.ss_family, SOCK_STREAM);
	connect_to(p.client, &address, bytes);
	p.server = expect_opened("accept", accept(listener, NULL, NULL));
	check(p.server >= 0, "accept");
	expect_done("close", listener, close(listener));
	return p;
}

static struct pair udp_pair(void)
{
	struct pair p = {0};
	struct sockaddr_storage address;
	socklen_t bytes = address_new(&address, "udp");

	p.server = socket_new(AF_INET, SOCK_DGRAM);
	check(bind(p.server, (struct sockaddr *)&address, bytes) == 0, "bind");
	check(getsockname(p.server, (struct sockaddr *)&address, &bytes) == 0, "getsockname");
	p.client = socket_new(AF_INET, SOCK_DGRAM);
	connect_to(p.client, &address, bytes);
	p.client_address_bytes = sizeof(p.client_address);
	check(getsockname(p.client, (struct sockaddr *)&p.client_address,
			  &p.client_address_bytes) == 0, "getsockname");
	expect_peer(p.server);
	return p;
}

static struct pair socket_pair(int type)
{
	struct pair p = {0};
	int fds[2];
	int result = socketpair(AF_UNIX, type, 0, fds);

	check(result == 0, "socketpair");
	p.client = fds[0];
	p.server = fds[1];
	expect_found(p.client);
	expect_found(p.server);
	expect_done("socketpair", p.client, 0);
	return p;
}

struct pair pair_open(const char *transport)
{
	if (!strcmp(transport, "udp"))
		return udp_pair();
	if (!strcmp(transport, "socketpair"))
		return socket_pair(SOCK_STREAM);
	if (!strcmp(transport, "socketpair-datagram"))
		return socket_pair(SOCK_DGRAM);
	return stream_pair(transport);
}

void pair_close(const struct pair *p)
{
	expect_done("close", p->client, close(p->client));
	expect_done("close", p->server, close(p->server));
}

void pair_hear(const struct pair *p, size_t size)
{
	char buffer[65536];
	size_t heard = 0;

	while (heard < size) {
		struct sockaddr_storage from;
		socklen_t bytes = sizeof(from);
		ssize_t n = recvfrom(p->server, buffer, sizeof(buffer), 0, (struct sockaddr *)&from,
				     &bytes);

		expect_received("recvfrom", p->server, n);
		check(n > 0, "recvfrom");
		heard += (size_t)n;
	}
}

void pair_answer(const struct pair *p, const char *reply)
{
	const struct sockaddr *to =
		p->client_address_bytes ? (const struct sockaddr *)&p->client_address : NULL;
	ssize_t n = sendto(p->server, reply, strlen(reply), 0, to, p->client_address_bytes);

	expect_sent("sendto", p->server, n);
	check(n == (ssize_t)strlen(reply), "sendto");
}
