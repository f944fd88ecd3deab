/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Native stacks and Python ones become one stack. */
#include "analyzer/symbols/merge.h"
#include "tests/unit/tap.h"

#define DEPTH_MAX 64

/*
 * native: a letter for each frame, innermost first.  python: a letter for each frame, | behind one
 * that begins an activation, - for a frame that is not to be seen.
 * Returns the merged stack, of native frames their letters.
 */
static const char *merged(const char *native, const char *python, bool cut_short)
{
	static const char letters[] = {
		[NATIVE_FOREIGN] = 'f', [NATIVE_INTERNAL] = 'i', [NATIVE_LOOP] = 'L',
		[NATIVE_LOOP_TAIL] = 'T', [NATIVE_SWITCH] = 's',
	};
	static char text[2 * DEPTH_MAX];
	struct merged_frame out[2 * DEPTH_MAX];
	uint8_t kinds[DEPTH_MAX];
	uint32_t frames[DEPTH_MAX];
	struct language_stack stack = { .frames = frames, .cut_short = cut_short };

	for (size_t i = 0; native[i]; i++) {
		const char *letter = memchr(letters, native[i], sizeof(letters));
		kinds[i] = (uint8_t)(letter - letters);
	}
	for (const char *c = python; *c; c++) {
		if (*c == '|')
			frames[stack.depth - 1] |= FRAME_ENTRY;
		else
			frames[stack.depth++] = *c == '-' ? 0 : (uint32_t)*c;
	}
	size_t count = merge_stacks(kinds, strlen(native), &stack, out);
	for (size_t i = 0; i < count; i++)
		text[i] = out[i].of_language ? (char)(frames[out[i].index] & ~FRAME_ENTRY)
					     : native[out[i].index];
	text[count] = '\0';
	return text;
}

int main(void)
{
	is_text(merged("fiLiLif", "a|b|", false), "fiaibif", "an activation for each frame");
	is_text(merged("fiLif", "abc|", false), "fiabcif", "several frames of one activation");
	is_text(merged("iLiffiLi", "ab|cd|", false), "iabifficdi", "a callback from C");
	is_text(merged("Li", "-|a|", false), "ia", "an activation that shows nothing");
	is_text(merged("iLiLi", "a|-|", false), "iaii", "the same, further out");
	is_text(merged("fi", "ab|c|", false), "fiabc", "the native walk ended before the loop");
	is_text(merged("fiLi", "a|b|c|", false), "fiaibc", "or at one of the loops");
	is_text(merged("", "a|b|", false), "ab", "no native frames at all");
	is_text(merged("iLi", "", false), "iLi", "a loop without frames stays");
	is_text(merged("iLiLi", "a|", false), "iaiLi", "also outside of others");
	is_text(merged("iLisLi", "a|", false), "iai", "what a greenlet was switched from is cut");
	is_text(merged("iLisLi", "ab", true), "iabisLi", "but not if frames are missing");
	is_text(merged("isLiLi", "a|b|", false), "isaibi", "a switch is no greenlet's beginning here");
	is_text(merged("iTLi", "ab|", false), "iTabi", "an instruction of its own, and the loop");
	is_text(merged("iTi", "a|", false), "iai", "without the loop's frame");
	return done_testing();
}
