/* SPDX-License-Identifier: GPL-3.0-or-later */
/* C: static functions, inlined ones within inlined ones, a block that is moved away. */
#include <stdio.h>
#include <stdlib.h>

#include "plain.h"

static volatile int sink;
int called(int (*f)(int), int n);

__attribute__((always_inline)) static inline int innermost(int n)
{
	sink += n;
	return called(abs, sink);
}

__attribute__((always_inline)) static inline int between(int n)
{
	int got = innermost(n + 1);

	return got + innermost(n + 2);
}

__attribute__((noinline)) static int outside(int n)
{
	if (__builtin_expect(n < 0, 0)) {
		fprintf(stderr, "cold %d\n", n);
		abort();
	}
	return between(n) * from_header(&sink, n);
}

__attribute__((noinline)) int called(int (*f)(int), int n)
{
	return f(n) + 1;
}

__attribute__((noinline)) static int again(int n)
{
	return n ? again(n - 1) + outside(n) : outside(0);
}

int main(int argc, char **argv)
{
	printf("%d\n", again(argc) + from_header(&sink, argc));
	return argv[0] == NULL;
}
