/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One stack of the two that an interpreted program has. */
#include "analyzer/symbols/merge.h"

struct merging {
	const struct language_stack *language;
	uint32_t next; /* of its frames */
	struct merged_frame *out;
	size_t count;
};

static bool groups_are_left(const struct merging *m)
{
	return m->next < m->language->depth;
}

/* The frames up to the next mark; none of an activation that shows nothing. */
static void take_group(struct merging *m)
{
	bool entry = false;

	while (!entry && groups_are_left(m)) {
		uint32_t frame = m->language->frames[m->next];
		entry = frame & FRAME_ENTRY;
		if (frame & ~FRAME_ENTRY)
			m->out[m->count++] = (struct merged_frame){ true, m->next };
		m->next++;
	}
}

static void take_native(struct merging *m, size_t i)
{
	m->out[m->count++] = (struct merged_frame){ false, (uint32_t)i };
}

static bool is_loop(const uint8_t *kinds, size_t count, size_t i)
{
	if (kinds[i] == NATIVE_LOOP_TAIL)
		return i + 1 == count || kinds[i + 1] != NATIVE_LOOP;
	return kinds[i] == NATIVE_LOOP;
}

/* Whether from i on, after the last group, the stack is that of what was switched away from. */
static bool is_switched_away(const struct merging *m, const uint8_t *kinds, size_t i)
{
	return kinds[i] == NATIVE_SWITCH && !groups_are_left(m) && !m->language->cut_short;
}

size_t merge_stacks(const uint8_t *kinds, size_t count, const struct language_stack *language,
		    struct merged_frame *out)
{
	struct merging m = { .language = language, .out = out };

	for (size_t i = 0; i < count && !is_switched_away(&m, kinds, i); i++) {
		if (is_loop(kinds, count, i) && groups_are_left(&m))
			take_group(&m);
		else
			take_native(&m, i);
	}
	while (groups_are_left(&m))
		take_group(&m);
	return m.count;
}
