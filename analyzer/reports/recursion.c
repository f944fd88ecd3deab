/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stacks without their recursion: each function once. */
#include "analyzer/reports/recursion.h"

size_t recursion_fold(const struct frame **frames, size_t count, enum frame_grouping grouping)
{
	size_t left = 0;

	/* Quadratic in the different frames of a stack, which are few however deep it is. */
	for (size_t i = 0; i < count; i++) {
		const struct frame *group = frame_group(frames[i], grouping);
		size_t place = 0;

		while (place < left && frame_group(frames[place], grouping) != group)
			place++;
		frames[place] = frames[i];
		left = place + 1;
	}
	return left;
}
