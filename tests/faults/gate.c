/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate TURNS: for each line on stdin so many turns, and a line on stdout when they are done. */
#include <string.h>

#include "tests/faults/trips.h"

int main(int argc, char **argv)
{
	char line[64];
	int ends[2];

	if (argc != 2)
		return 2;
	pair_make(ends);
	pair_turn(ends);
	while (fgets(line, sizeof(line), stdin)) {
		for (int i = 0; i < atoi(argv[1]); i++)
			pair_turn(ends);
		puts("done");
		fflush(stdout);
	}
	return 0;
}
