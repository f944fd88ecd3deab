/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/preload/calls.h"

#include <alloca.h>
#include <stdint.h>
#include <string.h>

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define NOINLINE __attribute__((noinline, noclone))

static unsigned int next(unsigned int *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static int call_some(unsigned int *seed, int depth);

NOINLINE static int plain(unsigned int *seed, int depth)
{
	return call_some(seed, depth) + 1;
}

/* A frame whose size is not known at compile time. */
NOINLINE static int with_alloca(unsigned int *seed, int depth)
{
	size_t n = 16 + next(seed) % 400;
	volatile char *room = alloca(n);

	room[0] = (char)depth;
	int result = call_some(seed, depth);
	room[n - 1] = (char)result;
	return result + room[0];
}

/* Realigned: its address follows from neither the stack nor the frame pointer alone. */
NOINLINE static int with_aligned_locals(unsigned int *seed, int depth)
{
	_Alignas(64) volatile char room[64];

	room[0] = (char)depth;
	return call_some(seed, depth) + room[0];
}

/* Uses all callee-saved registers, the frame pointer's among them. */
NOINLINE static int with_many_values(unsigned int *seed, int depth)
{
	uint64_t v[7];

	for (unsigned int i = 0; i < 7; i++)
		v[i] = next(seed);
	int result = call_some(seed, depth);
	result += call_some(seed, depth - 1);
	for (unsigned int i = 0; i < 7; i++)
		result += (int)(v[i] * (uint64_t)result);
	return result;
}

NOINLINE static int with_large_frame(unsigned int *seed, int depth)
{
	volatile char room[3000];

	memset((char *)room, depth, sizeof(room));
	return call_some(seed, depth) + room[depth & 255];
}

NOINLINE static int twice(unsigned int *seed, int depth)
{
	hook();
	int result = plain(seed, depth);
	hook();
	return result;
}

NOINLINE static int call_some(unsigned int *seed, int depth)
{
	static int (*const shapes[])(unsigned int *, int) = {
		plain, with_alloca, with_aligned_locals, with_many_values, with_large_frame, twice,
	};

	if (depth <= 0) {
		hook();
		return 1;
	}
	return shapes[next(seed) % 6](seed, depth - 1) + 1;
}

int PASTE(calls_, VARIANT)(unsigned int seed, int depth)
{
	return call_some(&seed, depth);
}
