/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many connections, and many threads:
 *
 *	crowd server PORT                       echoes, with epoll, to all that come
 *	crowd connections PORT N TRIPS [hold]   N connections of one thread, in turns, 64 at once
 *	crowd threads PORT N TRIPS [hold]       N threads with a connection each
 *
 * The clients print the nanoseconds that all TRIPS round trips of 64 bytes took; with hold they
 * then stay as they are, all threads alive, until their input ends.
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define AT_ONCE 64
#define EVENTS 256
#define STACK_BYTES (64 * 1024)

static void echo(int fd)
{
	char message[MESSAGE_BYTES];
	ssize_t n = recv(fd, message, sizeof(message), 0);

	if (n <= 0)
		close(fd);
	else
		demand(send(fd, message, (size_t)n, MSG_NOSIGNAL) == n, "send");
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	demand(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void serve(const struct sockaddr_in *address)
{
	int listener = listen_at(address), epoll = epoll_create1(0);
	struct epoll_event events[EVENTS];

	watch(epoll, listener);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd != listener) {
				echo(fd);
				continue;
			}
			fd = accept(listener, NULL, NULL);
			demand(fd >= 0, "accept");
			set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
			watch(epoll, fd);
		}
	}
}

static void ask(int fd)
{
	static const char message[MESSAGE_BYTES] = "ping";

	demand(send(fd, message, sizeof(message), 0) == sizeof(message), "send");
}

static void take_answer(int fd)
{
	char message[MESSAGE_BYTES];

	demand(recv(fd, message, sizeof(message), MSG_WAITALL) == sizeof(message), "recv");
}

static void make_trips(const int *fds, long count, long trips, long at_once)
{
	for (long i = 0; i < trips; i += at_once) {
		for (long k = i; k < i + at_once; k++)
			ask(fds[k % count]);
		for (long k = i; k < i + at_once; k++)
			take_answer(fds[k % count]);
	}
}

static uint64_t use_connections(const struct sockaddr_in *address, long count, long trips)
{
	int *fds = calloc((size_t)count, sizeof(*fds));
	long at_once = count < AT_ONCE ? count : AT_ONCE;

	demand(fds != NULL, "calloc");
	for (long i = 0; i < count; i++)
		fds[i] = connect_to(address);
	make_trips(fds, count, count, at_once); /* what each connection costs once is not counted */
	uint64_t start_ns = time_of(CLOCK_MONOTONIC);
	make_trips(fds, count, trips, at_once);
	return time_of(CLOCK_MONOTONIC) - start_ns;
}

static struct {
	struct sockaddr_in address;
	long trips_each;
	pthread_barrier_t connected, done, released;
} crowd;

static void *thread_main(void *unused)
{
	int fd = connect_to(&crowd.address);

	pthread_barrier_wait(&crowd.connected);
	for (long i = 0; i < crowd.trips_each; i++) {
		ask(fd);
		take_answer(fd);
	}
	pthread_barrier_wait(&crowd.done);
	pthread_barrier_wait(&crowd.released);
	return NULL;
}

/* The threads stay until crowd.released. */
static uint64_t use_threads(const struct sockaddr_in *address, long count, long trips)
{
	pthread_attr_t small;

	crowd.address = *address;
	crowd.trips_each = (trips + count - 1) / count;
	pthread_barrier_init(&crowd.connected, NULL, (unsigned int)count + 1);
	pthread_barrier_init(&crowd.done, NULL, (unsigned int)count + 1);
	pthread_barrier_init(&crowd.released, NULL, (unsigned int)count + 1);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_BYTES);
	for (long i = 0; i < count; i++) {
		pthread_t thread;
		demand(pthread_create(&thread, &small, thread_main, NULL) == 0, "pthread_create");
	}
	pthread_barrier_wait(&crowd.connected);
	uint64_t start_ns = time_of(CLOCK_MONOTONIC);
	pthread_barrier_wait(&crowd.done);
	return time_of(CLOCK_MONOTONIC) - start_ns;
}

int main(int argc, char **argv)
{
	bool threads = argc >= 5 && !strcmp(argv[1], "threads");

	if (argc < 3 || (argc < 5 && strcmp(argv[1], "server") != 0)) {
		fprintf(stderr, "usage: crowd server PORT | connections|threads PORT N TRIPS [hold]\n");
		return 2;
	}
	struct sockaddr_in address = loopback(argv[2]);
	raise_descriptors();
	if (argc < 5)
		serve(&address);
	uint64_t ns = (threads ? use_threads : use_connections)(&address, atol(argv[3]), atol(argv[4]));
	printf("%llu\n", (unsigned long long)ns);
	fflush(stdout);
	if (argc > 5)
		while (getchar() != EOF)
			;
	_exit(0); /* the threads have nothing more to say */
}
