/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes calls with arguments that are wrong in every way, and prints what each returned
 * with which errno.  The same must come out with the library loaded and without.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/faults/trips.h"

#define TRY(call)                                                              \
	do {                                                                   \
		errno = 777;                                                   \
		long result_ = (long)(call);                                   \
		printf("%-80.80s %ld %d\n", #call, result_, errno);            \
	} while (0)

/* Values that the compiler cannot see through. */
static void *volatile nowhere = (void *)8;
static char *edge; /* one byte before a page that must not be touched */
static void *buffer = &(char[64]){ 0 };
static volatile int minus_one = -1, too_many = IOV_MAX + 1;
static volatile nfds_t very_many = (nfds_t)-1;

static void transfers(int fd)
{
	struct iovec bad_piece = { nowhere, 4 }, edge_piece = { edge, 2 }, good = { buffer, 4 };
	struct msghdr no_pieces = { 0 };
	struct msghdr bad = { .msg_iov = &bad_piece, .msg_iovlen = 1 };
	struct msghdr many = { .msg_iov = &good, .msg_iovlen = 1 << 20 };
	struct msghdr lost = { .msg_iov = nowhere, .msg_iovlen = 2 };

	TRY(send(fd, nowhere, 4, MSG_DONTWAIT | MSG_NOSIGNAL));
	TRY(send(fd, edge, 2, MSG_DONTWAIT | MSG_NOSIGNAL));
	TRY(send(fd, buffer, 4, 0x40000000 | MSG_DONTWAIT));
	TRY(send(fd, NULL, 0, MSG_DONTWAIT));
	TRY(sendto(fd, buffer, 4, MSG_DONTWAIT, nowhere, 16));
	TRY(sendto(fd, buffer, 4, MSG_DONTWAIT, buffer, (socklen_t)-1));
	TRY(sendmsg(fd, &no_pieces, MSG_DONTWAIT));
	TRY(sendmsg(fd, &bad, MSG_DONTWAIT));
	TRY(sendmsg(fd, &many, MSG_DONTWAIT));
	TRY(sendmsg(fd, &lost, MSG_DONTWAIT));
	TRY(sendmsg(fd, nowhere, MSG_DONTWAIT));
	TRY(write(fd, nowhere, 4));
	TRY(write(fd, buffer, 0));
	TRY(writev(fd, &bad_piece, 1));
	TRY(writev(fd, &edge_piece, 1));
	TRY(writev(fd, &good, minus_one));
	TRY(writev(fd, &good, too_many));
	TRY(writev(fd, nowhere, 1));
	TRY(recv(fd, nowhere, 4, MSG_DONTWAIT));
	TRY(recv(fd, nowhere, 4, MSG_DONTWAIT));
	TRY(recv(fd, buffer, 0, MSG_DONTWAIT));
	TRY(recvfrom(fd, buffer, 4, MSG_DONTWAIT, buffer, nowhere));
	TRY(recvmsg(fd, &bad, MSG_DONTWAIT));
	TRY(recvmsg(fd, &lost, MSG_DONTWAIT));
	TRY(recvmsg(fd, nowhere, MSG_DONTWAIT));
	TRY(recvmsg(fd, &no_pieces, MSG_DONTWAIT));
}

/* Only for descriptors on which these cannot block. */
static void reads(int fd)
{
	struct iovec bad_piece = { nowhere, 4 }, good = { buffer, 4 };

	TRY(read(fd, nowhere, 4));
	TRY(read(fd, buffer, 0));
	TRY(readv(fd, &bad_piece, 1));
	TRY(readv(fd, &good, minus_one));
	TRY(readv(fd, nowhere, 1));
}

static void descriptors(int fd)
{
	socklen_t bytes = 4;

	TRY(connect(fd, nowhere, 16));
	TRY(connect(fd, buffer, 0));
	TRY(connect(fd, buffer, 1 << 20));
	TRY(shutdown(fd, 99));
	TRY(getsockopt(fd, SOL_SOCKET, SO_ERROR, nowhere, &bytes));
	TRY(getsockopt(fd, SOL_SOCKET, SO_ERROR, buffer, nowhere));
	TRY(getsockopt(fd, 12345, 1, buffer, &bytes));
	TRY(accept(fd, nowhere, nowhere));
	TRY(accept4(fd, NULL, NULL, 0x12345));
	TRY(dup2(fd, -1));
	TRY(dup3(fd, fd, 0));
	TRY(dup3(fd, 500, 0x12345));
}

static void waits(int fd)
{
	struct timespec bad_time = { .tv_nsec = 2000000000 }, now = { 0, 0 };
	struct timeval bad_timeval = { .tv_sec = -1 }, now_timeval = { 0, 0 };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct epoll_event event;
	fd_set set;

	FD_ZERO(&set);
	TRY(poll(NULL, 0, 0));
	TRY(poll(nowhere, 1, 0));
	TRY(poll(&p, 1, 0));
	TRY(poll(&p, very_many, 0));
	TRY(ppoll(&p, 1, &bad_time, NULL));
	TRY(ppoll(&p, 1, &now, nowhere));
	TRY(select(-1, NULL, NULL, NULL, &now_timeval));
	TRY(select(0, NULL, NULL, NULL, &bad_timeval));
	TRY(select(8, nowhere, NULL, NULL, &now_timeval));
	TRY(select(8, &set, NULL, NULL, &now_timeval));
	TRY(pselect(8, &set, NULL, NULL, &bad_time, NULL));
	TRY(pselect(8, &set, NULL, NULL, &now, NULL));
	TRY(epoll_wait(fd, &event, 1, 0));
	TRY(epoll_wait(-1, &event, 1, 0));
	TRY(epoll_pwait(fd, &event, 0, 0, NULL));
	TRY(epoll_pwait2(fd, &event, 1, &bad_time, NULL));
}

int main(void)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int pair[2], pipes[2], datagrams[2];

	demand(pages != MAP_FAILED && mprotect(pages + 4096, 4096, PROT_NONE) == 0, "guard page");
	edge = pages + 4095;
	signal(SIGPIPE, SIG_IGN);
	demand(pipe2(pipes, O_NONBLOCK) == 0, "pipe");
	demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0, "socketpair");
	demand(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, datagrams) == 0, "socketpair");
	int unconnected = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int epoll = epoll_create1(0);
	const struct { const char *name; int fd; } kinds[] = {
		{ "stream", pair[0] }, { "datagram", datagrams[0] }, { "unconnected", unconnected },
		{ "pipe", pipes[0] }, { "epoll", epoll }, { "minus one", -1 }, { "closed", 999 },
		{ "huge", INT_MAX }, { "smallest", INT_MIN },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		printf("--- %s\n", kinds[i].name);
		/* So that receiving calls with bad addresses have something to receive. */
		(void)!write(pair[1], "12345678", 8);
		(void)!write(datagrams[1], "12345678", 8);
		transfers(kinds[i].fd);
		reads(kinds[i].fd);
		descriptors(kinds[i].fd);
		waits(kinds[i].fd);
	}
	printf("--- without a descriptor\n");
	TRY(socket(-1, SOCK_STREAM, 0));
	TRY(socket(AF_INET, -1, 0));
	TRY(socket(AF_INET, SOCK_STREAM, 12345));
	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, nowhere));
	TRY(socketpair(AF_INET, SOCK_STREAM, 0, pair));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		TRY(close(kinds[i].fd));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		TRY(close(kinds[i].fd));
	return 0;
}
