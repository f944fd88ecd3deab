/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scaling THREADS CONNECTIONS CALLS: every thread makes so many send() calls, in turns on so many
 * sockets of its own, above stub.c; prints the nanoseconds of processor time of one call.  Threads
 * are spread over the processors: what they write to in common makes each call of all dearer.
 */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static struct {
	long connections, calls;
	pthread_barrier_t start;
} work;

static double measure(const int *fds)
{
	static const char message[MESSAGE_BYTES];
	uint64_t start_ns = time_of(CLOCK_THREAD_CPUTIME_ID);
	long next = 0;

	for (long i = 0; i < work.calls; i++) {
		demand(send(fds[next], message, sizeof(message), 0) == sizeof(message), "send");
		if (++next == work.connections)
			next = 0;
	}
	return (double)(time_of(CLOCK_THREAD_CPUTIME_ID) - start_ns) / (double)work.calls;
}

static void *thread_main(void *ns)
{
	int *fds = calloc((size_t)work.connections, sizeof(*fds));

	demand(fds != NULL, "calloc");
	for (long i = 0; i < work.connections; i++) {
		fds[i] = socket(AF_UNIX, SOCK_DGRAM, 0);
		demand(fds[i] >= 0, "socket");
	}
	measure(fds); /* warms up */
	pthread_barrier_wait(&work.start);
	*(double *)ns = measure(fds);
	return NULL;
}

/* One processor after the other, of those that this process may use. */
static cpu_set_t processor(long number)
{
	cpu_set_t all, one;
	long seen = 0;

	demand(sched_getaffinity(0, sizeof(all), &all) == 0, "sched_getaffinity");
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && seen++ == number % CPU_COUNT(&all))
			CPU_SET(cpu, &one);
	return one;
}

int main(int argc, char **argv)
{
	long threads = argc == 4 ? atol(argv[1]) : 0;

	if (threads < 1 || (work.connections = atol(argv[2])) < 1 || (work.calls = atol(argv[3])) < 1) {
		fprintf(stderr, "usage: scaling THREADS CONNECTIONS CALLS\n");
		return 2;
	}
	pthread_t *ids = calloc((size_t)threads, sizeof(*ids));
	double *ns = calloc((size_t)threads, sizeof(*ns)), sum = 0;

	demand(ids && ns, "calloc");
	raise_descriptors();
	pthread_barrier_init(&work.start, NULL, (unsigned int)threads);
	for (long i = 0; i < threads; i++) {
		pthread_attr_t attributes;
		cpu_set_t one = processor(i);

		pthread_attr_init(&attributes);
		pthread_attr_setaffinity_np(&attributes, sizeof(one), &one);
		demand(pthread_create(&ids[i], &attributes, thread_main, &ns[i]) == 0, "pthread_create");
	}
	for (long i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		sum += ns[i];
	}
	printf("%.2f\n", sum / (double)threads);
	return 0;
}
