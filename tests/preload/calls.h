/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random trees of calls with frames of every shape, compiled several times with
 * other options (see meson.build): each time calls_NAME() is another set of functions.
 */
#ifndef TESTS_PRELOAD_CALLS_H
#define TESTS_PRELOAD_CALLS_H

/* Stands in for an intercepted function: takes its caller's stack and checks it. */
void hook(void);

/* One random walk: at most depth calls deep, hook() called on the way. */
int calls_O0(unsigned int seed, int depth);
int calls_O2(unsigned int seed, int depth);
int calls_O3(unsigned int seed, int depth);
int calls_frame_pointer(unsigned int seed, int depth);

#endif
