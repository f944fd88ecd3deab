/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways to the network that we cannot see, once we have seen a program take them. */
#ifndef PRELOAD_BLIND_H
#define PRELOAD_BLIND_H

#include <stdint.h>

#include "preload/trace_format.h"

/* For this process's trace, whether there is one yet or not.  Async-signal-safe. */
void blind_note(enum trt_blind_spot spot);

/* All of them so far, as bits 1 << enum trt_blind_spot. */
uint32_t blind_spots(void);

#endif
