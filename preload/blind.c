/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preload/blind.h"

#include "preload/lifecycle.h"
#include "preload/ring.h"

static uint32_t spots;

void blind_note(enum trt_blind_spot spot)
{
	uint32_t bit = 1u << spot;

	if (__atomic_fetch_or(&spots, bit, __ATOMIC_RELAXED) & bit)
		return;
	struct trt_header *header = ring_header();
	if (header && lifecycle_traced())
		__atomic_fetch_or(&header->blind_spots, bit, __ATOMIC_RELAXED);
}

uint32_t blind_spots(void)
{
	return __atomic_load_n(&spots, __ATOMIC_RELAXED);
}
