/* SPDX-License-Identifier: GPL-3.0-or-later */
/* short_threads COUNT AT_ONCE: COUNT threads in all, AT_ONCE at a time, each with one turn. */
#include <pthread.h>
#include <unistd.h>

#include "tests/faults/trips.h"

static void *one_turn(void *argument)
{
	int ends[2];

	pair_make(ends);
	pair_turn(ends);
	close(ends[0]);
	close(ends[1]);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int count = atoi(argv[1]), at_once = atoi(argv[2]);
	pthread_t threads[64];

	demand(at_once > 0 && at_once <= 64, "usage");
	for (int done = 0; done < count; done += at_once) {
		for (int i = 0; i < at_once; i++)
			demand(pthread_create(&threads[i], NULL, one_turn, NULL) == 0, "thread");
		for (int i = 0; i < at_once; i++)
			pthread_join(threads[i], NULL);
	}
	return 0;
}
