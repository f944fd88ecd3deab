/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * threads CLIENTS TRIPS: so many client threads, each with a connection of its own
 * to an echo thread, make so many round trips each, all at once.
 */
#include "tests/programs/expect.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sockaddr_storage address;
static socklen_t address_bytes;
static int trips;

static void *echo(void *argument)
{
	int fd = (int)(intptr_t)argument;
	char buffer[64];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		check(write(fd, buffer, (size_t)n) == n, "write");
	close(fd);
	return NULL;
}

static void *ask(void *argument)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char buffer[64];

	check(connect(fd, (struct sockaddr *)&address, address_bytes) == 0, "connect");
	for (int i = 0; i < trips; i++) {
		check(send(fd, "12345678", 8, 0) == 8, "send");
		check(recv(fd, buffer, 8, MSG_WAITALL) == 8, "recv");
	}
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	check(argc == 3, "usage: threads CLIENTS TRIPS");
	int clients = atoi(argv[1]);
	pthread_t *threads = calloc((size_t)clients * 2, sizeof(*threads));

	check(threads != NULL, "memory");
	trips = atoi(argv[2]);
	int listener = listener_open(&address, &address_bytes, "tcp");

	for (int i = 0; i < clients; i++) {
		check(pthread_create(&threads[2 * i], NULL, ask, NULL) == 0, "pthread_create");
		intptr_t fd = accept(listener, NULL, NULL);

		check(pthread_create(&threads[2 * i + 1], NULL, echo, (void *)fd) == 0,
		      "pthread_create");
	}
	for (int i = 0; i < 2 * clients; i++)
		pthread_join(threads[i], NULL);
	printf("{\"view\":\"summary\",\"round_trips\":%d,\"threads\":%d,\"failed\":0,\"pending\":0,"
	       "\"lost_events\":0,\"bytes_sent\":%d,\"bytes_received\":%d}\n",
	       2 * clients * trips, 2 * clients + 1, 16 * clients * trips, 16 * clients * trips);
	return 0;
}
