/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions for made-up stacks to be in, with names, lines and inlined functions.  Its build
 * id is the one that traces written as text have.
 */
int layers_main(int n);
int layers_ask(int n);
int layers_again(int n);
int layers_beside(int n);

static volatile int one = 1;

static inline __attribute__((always_inline)) int inlined_twice(int n)
{
	return n * one + one;
}

static inline __attribute__((always_inline)) int inlined(int n)
{
	return inlined_twice(n) * inlined_twice(n + 1);
}

static __attribute__((noinline)) int helper(int n)
{
	return inlined(n) - one;
}

int layers_ask(int n)
{
	return helper(n) + inlined(n);
}

int layers_again(int n)
{
	return n ? layers_again(n - one) + layers_ask(n) : helper(n);
}

int layers_beside(int n)
{
	return layers_ask(n) + one;
}

int layers_main(int n)
{
	return layers_again(n) + layers_beside(n);
}
