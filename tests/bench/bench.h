/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the programs that scripts/bench runs share. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define MESSAGE_BYTES 64

/* Ends the program unless ok; what: for the message, with errno. */
static inline void demand(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static inline uint64_t time_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static inline void set_option(int fd, int level, int option, int value)
{
	demand(setsockopt(fd, level, option, &value, sizeof(value)) == 0, "setsockopt");
}

/* A socket that listens there. */
static inline int listen_at(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	demand(fd >= 0, "socket");
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	demand(bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0, "bind");
	demand(listen(fd, 1024) == 0, "listen");
	return fd;
}

/* A connection to there that sends at once, and leaves nothing behind when it is closed. */
static inline int connect_to(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct linger abort_at_close = { .l_onoff = 1 };

	demand(fd >= 0, "socket");
	demand(connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0, "connect");
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	demand(setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof(abort_at_close)) == 0,
	       "SO_LINGER");
	return fd;
}

/* As many descriptors as the system lets this process have. */
static inline void raise_descriptors(void)
{
	struct rlimit limit;

	demand(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	demand(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

#endif
