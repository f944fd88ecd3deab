/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The objects whose code the process runs: for the names of addresses, later. */
#ifndef PRELOAD_MODULES_H
#define PRELOAD_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the constructor: lists what is loaded. */
void modules_init(void);

/* Logs all known modules, into a trace that is new. */
void modules_log(void);

/*
 * A stack was seen for the first time: logs modules that it reveals.  dlopen() is
 * never wrapped (its caller's RUNPATH would be ours), so this is where objects that
 * came later, or took the place of others, are noticed.
 * By a thread that has its entry (thread_self).
 */
void modules_learn(const uintptr_t *addresses, size_t count, uint64_t now_ns);

struct link_map;

/*
 * Called with each object that is learnt so, if not NULL, by one thread at a time; not with those
 * that modules_init() found.  With glibc before 2.35 they are not told.
 */
extern void (*modules_on_load)(const struct link_map *object);

/* Thread tid will not finish what it was learning: a handler jumped out of it. */
void modules_abandon(int32_t tid);

/* Grows when an object was found in place of another: what was remembered of stacks is void. */
extern uint32_t modules_generation;

/* The .eh_frame_hdr of the object that holds address; NULL if it has none or is unknown.  Lock-free. */
const uint8_t *modules_unwind_table(uintptr_t address);

/* Whether glibc tells objects by address (since 2.35): then what it does not know is in none. */
bool modules_can_find(void);

/* The loader's entry of the object that holds address; NULL if unknown.  Lock-free. */
const struct link_map *modules_link_map(uintptr_t address);

#endif
