/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For ctypes: a signal handler that sends, and a thread that sends the signal again and again, so
 * that stacks are taken while the interpreter is anywhere.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

void handlers_start(int fd, int interval_us);
int handlers_stop(void);

static struct {
	pthread_t target, sender;
	struct timespec interval;
	int fd;
	bool stopped;
	int count;
} self;

static void handle(int signal_number)
{
	(void)signal_number;
	send(self.fd, "!", 1, MSG_DONTWAIT);
	self.count++;
}

static void *interrupt(void *unused)
{
	while (!__atomic_load_n(&self.stopped, __ATOMIC_RELAXED)) {
		pthread_kill(self.target, SIGPROF);
		nanosleep(&self.interval, NULL);
	}
	return unused;
}

/* Interrupts the calling thread from now on. */
void handlers_start(int fd, int interval_us)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };

	self.target = pthread_self();
	self.fd = fd;
	self.interval.tv_nsec = interval_us * 1000L;
	if (sigaction(SIGPROF, &action, NULL) != 0 ||
	    pthread_create(&self.sender, NULL, interrupt, NULL) != 0)
		abort();
}

/* How often it was interrupted so far. */
int handlers_stop(void)
{
	__atomic_store_n(&self.stopped, true, __ATOMIC_RELAXED);
	pthread_join(self.sender, NULL);
	return self.count;
}
