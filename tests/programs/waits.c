/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * waits CALL: a client that sits in CALL (poll, select, epoll_wait, …) until its
 * answer is there, 100 ms later.  Compiled twice, as transfer.c is.
 */
#include "tests/programs/expect.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_AFTER_NS 100000000

#ifdef TEST_FORTIFIED
#define CHECKED(name) "__" name "_chk"
#else
#define CHECKED(name) name
#endif

/* Each waits until fd is readable and returns what the call returned. */
static int with_poll(int fd, nfds_t count)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN } };

	return poll(p, count, 60000);
}

static int with_ppoll(int fd, nfds_t count)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN } };

	return ppoll(p, count, &(struct timespec){ .tv_sec = 60 }, NULL);
}

static int with_select(int fd, nfds_t count)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, NULL);
}

static int with_pselect(int fd, nfds_t count)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return pselect(fd + 1, &set, NULL, NULL, NULL, NULL);
}

static int epoll_for(int fd)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 0xfeed };

	check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
	return epoll;
}

static int epoll_result(int epoll, const struct epoll_event *event, int ready)
{
	check(ready != 1 || event->data.u64 == 0xfeed, "the program's epoll data");
	close(epoll);
	return ready;
}

static int with_epoll_wait(int fd, nfds_t count)
{
	struct epoll_event event;
	int epoll = epoll_for(fd);

	return epoll_result(epoll, &event, epoll_wait(epoll, &event, 1, 60000));
}

static int with_epoll_pwait(int fd, nfds_t count)
{
	struct epoll_event event;
	int epoll = epoll_for(fd);

	return epoll_result(epoll, &event, epoll_pwait(epoll, &event, 1, 60000, NULL));
}

static int with_epoll_pwait2(int fd, nfds_t count)
{
	struct epoll_event event;
	int epoll = epoll_for(fd);

	return epoll_result(epoll, &event, epoll_pwait2(epoll, &event, 1, NULL, NULL));
}

static const struct {
	const char *name;
	int (*wait)(int fd, nfds_t count);
} waits[] = {
	{ CHECKED("poll"), with_poll },     { CHECKED("ppoll"), with_ppoll },
	{ "select", with_select },          { "pselect", with_pselect },
	{ "epoll_wait", with_epoll_wait },  { "epoll_pwait", with_epoll_pwait },
	{ "epoll_pwait2", with_epoll_pwait2 },
};

/* The other end, in a thread of its own; its calls are not compared one by one. */
static void *answer_later(void *end)
{
	char request[16];
	int fd = *(int *)end;

	check(read(fd, request, sizeof(request)) > 0, "read");
	nanosleep(&(struct timespec){ .tv_nsec = ANSWER_AFTER_NS }, NULL);
	check(write(fd, "yes", 3) == 3, "write");
	return NULL;
}

int main(int argc, char **argv)
{
	size_t i = 0;

	check(argc == 2, "usage: waits CALL");
	while (i < sizeof(waits) / sizeof(*waits) && strcmp(waits[i].name, argv[1]))
		i++;
	check(i < sizeof(waits) / sizeof(*waits), argv[1]);

	struct pair p = pair_open("tcp");
	pthread_t thread;
	char answer[16];

	expect_sent("send", p.client, send(p.client, "ready?", 6, 0));
	check(pthread_create(&thread, NULL, answer_later, &p.server) == 0, "pthread_create");
	check(waits[i].wait(p.client, (nfds_t)argc - 1) == 1, argv[1]);
	printf("{\"view\":\"waits\",\"call\":\"%s\",\"result\":1,\"errno\":0}\n", argv[1]);
	expect_received("recv", p.client, recv(p.client, answer, sizeof(answer), MSG_DONTWAIT));
	pthread_join(thread, NULL);
	expect_trip(p.client, (struct expected_trip){ "client", "ok", 6, 3, 2 });
	expect_trip(p.server, (struct expected_trip){ "server", "ok", 3, 6, 2 });
	printf("{\"view\":\"waited\",\"fd\":%d,\"call\":\"recv\",\"at_least_ns\":%d}\n", p.client,
	       ANSWER_AFTER_NS / 10);
	expect_done("close", p.client, close(p.client));
	return 0;
}
