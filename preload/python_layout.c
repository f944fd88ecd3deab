/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPython's structures, version by version. */
#include "preload/python_layout.h"

#include <stddef.h>
#include <string.h>

#define OLDEST_MINOR 8u
#define NEWEST_MINOR 14u

/*
 * offsetof() with the headers of 3.8.18, 3.9.18, 3.10.13, 3.11.2, 3.12.1; they are the same
 * in all releases of a minor version.  From 3.13 on the interpreter tells its own.
 */
static const struct python_layout layouts[NEWEST_MINOR - OLDEST_MINOR + 1] = {
	{ 8, PYTHON_EACH_FRAME, .thread_frame = 24, .thread_id = 176, .frame_previous = 24,
	  .frame_code = 32, .frame_instruction = 104, .code_first_line = 40, .code_file = 104,
	  .code_name = 112, .code_lines = 120, .code_instructions = 48, .text_ascii = 48,
	  .text_other = 72 },
	{ 9, PYTHON_EACH_FRAME, .thread_frame = 24, .thread_id = 176, .frame_previous = 24,
	  .frame_code = 32, .frame_instruction = 104, .code_first_line = 40, .code_file = 104,
	  .code_name = 112, .code_lines = 120, .code_instructions = 48, .text_ascii = 48,
	  .text_other = 72 },
	{ 10, PYTHON_EACH_FRAME, .thread_frame = 24, .thread_id = 176, .frame_previous = 24,
	  .frame_code = 32, .frame_instruction = 96, .code_first_line = 40, .code_file = 104,
	  .code_name = 112, .code_lines = 120, .code_instructions = 48, .text_ascii = 48,
	  .text_other = 72 },
	{ 11, PYTHON_ENTRY_FLAG, .thread_frame = 56, .thread_has_cframe = true, .cframe_frame = 8,
	  .thread_id = 152, .frame_previous = 48, .frame_code = 32, .frame_instruction = 56,
	  .frame_entry = 68, .frame_owner = 69, .code_first_line = 72, .code_file = 112,
	  .code_name = 128, .code_lines = 136, .code_instructions = 184, .text_ascii = 48,
	  .text_other = 72 },
	{ 12, PYTHON_ENTRY_FRAME, .thread_frame = 56, .thread_has_cframe = true, .cframe_frame = 0,
	  .thread_id = 136, .frame_previous = 8, .frame_code = 0, .frame_instruction = 56,
	  .frame_owner = 70, .code_first_line = 68, .code_file = 112, .code_name = 128,
	  .code_lines = 136, .code_instructions = 192, .text_ascii = 40, .text_other = 56 },
	{ 13, PYTHON_ENTRY_FRAME, .text_ascii = 40, .text_other = 56 },
	{ 14, PYTHON_ENTRY_FRAME, .text_ascii = 40, .text_other = 56 },
};

/*
 * Places in struct _Py_DebugOffsets, in words of 8 bytes: its first three are a cookie, the
 * version and whether threads are free; which words follow depends on the minor version
 * (CPython, Include/internal/pycore_runtime.h, later pycore_debug_offsets.h).
 */
struct debug_words {
	uint8_t thread_frame, thread_id, frame_previous, frame_code, frame_instruction, frame_owner;
	uint8_t code_file, code_name, code_lines, code_first_line, code_instructions;
};

static const struct debug_words debug_words_13 = {
	.thread_frame = 23, .thread_id = 24, .frame_previous = 29, .frame_code = 30,
	.frame_instruction = 31, .frame_owner = 33, .code_file = 35, .code_name = 37,
	.code_lines = 38, .code_first_line = 39, .code_instructions = 43,
};
static const struct debug_words debug_words_14 = {
	.thread_frame = 26, .thread_id = 27, .frame_previous = 32, .frame_code = 33,
	.frame_instruction = 34, .frame_owner = 36, .code_file = 40, .code_name = 42,
	.code_lines = 43, .code_first_line = 44, .code_instructions = 48,
};

#define OFFSET_MAX 4096u

/* The offset that a word tells; one that cannot be makes *sane false. */
static uint16_t offset_at(const uint64_t *words, uint8_t place, bool *sane)
{
	if (words[place] >= OFFSET_MAX)
		*sane = false;
	return (uint16_t)words[place];
}

static const char *read_debug_offsets(struct python_layout *l, uint32_t version,
				      const uint64_t *words)
{
	const struct debug_words *w = l->minor == 13 ? &debug_words_13 : &debug_words_14;
	bool sane = true;

	if (!words || memcmp(words, "xdebugpy", 8) != 0 || words[1] != version)
		return "it does not tell its offsets";
	if (words[2])
		return "it is built with free threads";
	l->thread_frame = offset_at(words, w->thread_frame, &sane);
	l->thread_id = offset_at(words, w->thread_id, &sane);
	l->frame_previous = offset_at(words, w->frame_previous, &sane);
	l->frame_code = offset_at(words, w->frame_code, &sane);
	l->frame_instruction = offset_at(words, w->frame_instruction, &sane);
	l->frame_owner = offset_at(words, w->frame_owner, &sane);
	l->code_file = offset_at(words, w->code_file, &sane);
	l->code_name = offset_at(words, w->code_name, &sane);
	l->code_lines = offset_at(words, w->code_lines, &sane);
	l->code_first_line = offset_at(words, w->code_first_line, &sane);
	l->code_instructions = offset_at(words, w->code_instructions, &sane);
	return sane ? NULL : "the offsets it tells cannot be";
}

const char *python_layout_find(struct python_layout *l, uint32_t version,
			       const void *debug_offsets)
{
	uint32_t major = version >> 24, minor = version >> 16 & 0xff;

	if (major != 3 || minor < OLDEST_MINOR || minor > NEWEST_MINOR)
		return "only 3.8 to 3.14 are known";
	*l = layouts[minor - OLDEST_MINOR];
	return minor >= 13 ? read_debug_offsets(l, version, debug_offsets) : NULL;
}

/* In PyTypeObject, all versions. */
#define TYPE_BASIC_SIZE 32
#define TYPE_MEMBERS 240

/* PyMemberDef, part of Python's ABI (PEP 384). */
struct member {
	const char *name;
	int type;
	intptr_t offset;
	int flags;
	const char *doc;
};

#define MEMBERS_MAX 64u

static bool member_is(const struct member *members, const char *name, uint16_t offset)
{
	for (uint32_t i = 0; i < MEMBERS_MAX && members[i].name; i++)
		if (strcmp(members[i].name, name) == 0)
			return members[i].offset == offset;
	return false;
}

bool python_layout_agrees(const struct python_layout *l, const void *code_type)
{
	const uint8_t *type = code_type;
	const struct member *m = *(const struct member *const *)(type + TYPE_MEMBERS);
	intptr_t size = *(const intptr_t *)(type + TYPE_BASIC_SIZE);

	return m && member_is(m, "co_filename", l->code_file) &&
	       member_is(m, python_points(l) ? "co_qualname" : "co_name", l->code_name) &&
	       member_is(m, "co_firstlineno", l->code_first_line) &&
	       member_is(m, l->minor < 10 ? "co_lnotab" : "co_linetable", l->code_lines) &&
	       (python_points(l) ? size == l->code_instructions :
				   member_is(m, "co_code", l->code_instructions));
}
