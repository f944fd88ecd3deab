/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stack of free numbers, from 1, linked through the caller's memory.  Lock-free
 * (R. K. Treiber, "Systems Programming: Coping with Parallelism", 1986); above the
 * top's number stands a count of changes, so that a thread that was held up does
 * not take a number that was taken and given back meanwhile for an untouched one.
 */
#ifndef PRELOAD_FREE_LIST_H
#define PRELOAD_FREE_LIST_H

#include <stdbool.h>
#include <stdint.h>

struct free_list {
	uint64_t top; /* count << 32 | number; number 0: empty */
};

/* Gives a number back; its link may be written until it is taken again. */
static inline void free_list_push(struct free_list *l, uint32_t number, uint32_t *link)
{
	uint64_t top = __atomic_load_n(&l->top, __ATOMIC_RELAXED);

	do {
		__atomic_store_n(link, (uint32_t)top, __ATOMIC_RELAXED);
	} while (!__atomic_compare_exchange_n(&l->top, &top, ((top >> 32) + 1) << 32 | number, true,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

/* Takes a number, 0 if there is none.  link_of() must be valid for numbers taken already. */
static inline uint32_t free_list_pop(struct free_list *l, uint32_t *(*link_of)(uint32_t number))
{
	uint64_t top = __atomic_load_n(&l->top, __ATOMIC_ACQUIRE);
	uint32_t number, next;

	do {
		number = (uint32_t)top;
		if (number == 0)
			return 0;
		next = __atomic_load_n(link_of(number), __ATOMIC_RELAXED);
	} while (!__atomic_compare_exchange_n(&l->top, &top, ((top >> 32) + 1) << 32 | next, true,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return number;
}

#endif
