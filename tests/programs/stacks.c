/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stacks CASE DEPTH: calls from a chain of functions that is known: plain, recursion,
 * thread, signal, callback, alloca.  Prints its last functions, outermost first.
 */
#include "tests/programs/expect.h"

#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, noclone))

static int ends[2];
static volatile size_t how_much = 100;
static volatile int one = 1;

/* Each does something after its call that cannot be put off, or it would be a jump and no frame. */
KEEP static int innermost(void)
{
	char byte;
	int sent = (int)send(ends[0], "x", 1, 0);

	check(recv(ends[1], &byte, 1, 0) == 1, "recv");
	check(send(ends[1], "y", 1, 0) == 1, "send");
	return sent + (int)recv(ends[0], &byte, 1, 0);
}

KEEP static int middle(int x)
{
	return innermost() + x * one;
}

KEEP static int outer(int x)
{
	return middle(x) * one;
}

KEEP static int recursion(int depth)
{
	int result = depth > 1 ? recursion(depth - 1) : innermost();

	return result * one;
}

/* A frame whose size is known at run time alone. */
KEEP static int with_alloca(int depth)
{
	volatile char *memory = alloca(how_much * (size_t)depth);

	memory[0] = 1;
	return (depth > 1 ? with_alloca(depth - 1) : innermost()) + memory[0];
}

KEEP static int comparison(const void *a, const void *b)
{
	static int calls;

	if (calls++ == 0)
		outer(1);
	return *(const int *)a - *(const int *)b;
}

KEEP static void on_signal(int number)
{
	one = outer(number) > 0;
}

KEEP static int interrupted(void)
{
	raise(SIGUSR1);
	return 1;
}

KEEP static void *in_thread(void *argument)
{
	return (void *)(intptr_t)outer(1);
}

int main(int argc, char **argv)
{
	const char *how = argc == 3 ? argv[1] : "";
	int depth = argc == 3 ? atoi(argv[2]) : 0, done = 1;

	check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	if (!strcmp(how, "plain")) {
		done = outer(1);
		puts("main outer middle innermost");
	} else if (!strcmp(how, "recursion")) {
		done = recursion(depth);
		fputs("main", stdout);
		for (int i = 0; i < depth; i++)
			fputs(" recursion", stdout);
		puts(" innermost");
	} else if (!strcmp(how, "alloca")) {
		done = with_alloca(depth);
		fputs("main", stdout);
		for (int i = 0; i < depth; i++)
			fputs(" with_alloca", stdout);
		puts(" innermost");
	} else if (!strcmp(how, "thread")) {
		pthread_t thread;

		check(pthread_create(&thread, NULL, in_thread, NULL) == 0, "pthread_create");
		pthread_join(thread, NULL);
		puts("in_thread outer middle innermost");
	} else if (!strcmp(how, "signal")) {
		signal(SIGUSR1, on_signal);
		done = interrupted();
		puts("on_signal outer middle innermost");
	} else if (!strcmp(how, "callback")) {
		int numbers[] = { 2, 1 };

		qsort(numbers, 2, sizeof(*numbers), comparison);
		puts("comparison outer middle innermost");
	} else {
		check(false, "usage: stacks CASE DEPTH");
	}
	return done ? 0 : 1;
}
