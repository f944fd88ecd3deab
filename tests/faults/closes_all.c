/* SPDX-License-Identifier: GPL-3.0-or-later */
/* closes_all: as daemons do, closes every descriptor, and copies over numbers it never saw. */
#include <fcntl.h>
#include <unistd.h>

#include "tests/faults/trips.h"

int main(void)
{
	int ends[2];

	pair_make(ends);
	pair_turn(ends);
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	demand(close_range(3, ~0u, 0) == 0, "close_range");
	for (int i = 0; i < 5; i++) {
		int file = open("/dev/null", O_RDWR);

		for (int fd = 3; fd < 64; fd++)
			dup2(file, fd);
		demand(write(20, "x", 1) == 1, "write");
		demand(close_range(3, ~0u, 0) == 0, "close_range");
		pair_make(ends);
		demand(ends[0] == 3, "the lowest number is free");
		pair_turn(ends);
	}
	return 0;
}
