/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes a round trip, makes reading the processor's cycle counter a SIGSEGV, and makes another one.
 * Each is seen from both ends.
 */
#include <stdio.h>
#include <sys/prctl.h>

#include "tests/faults/trips.h"

int main(void)
{
	int ends[2];

	pair_make(ends);
	pair_turn(ends);
	if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) != 0) {
		puts("cannot be forbidden here");
		return 0;
	}
	pair_turn(ends);
	return 0;
}
