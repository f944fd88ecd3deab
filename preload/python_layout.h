/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where CPython keeps what it knows of running code, by version.  Offsets in bytes; 64-bit
 * builds of x86-64 and aarch64 have the same.
 *
 *	PyThreadState --> frame --> frame --> frame ...    the innermost first
 *	                    |
 *	                    +--> PyCodeObject --> name, file, line table
 */
#ifndef PRELOAD_PYTHON_LAYOUT_H
#define PRELOAD_PYTHON_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* How frames show where an activation of the evaluation loop begins. */
enum python_entries {
	PYTHON_EACH_FRAME,  /* to 3.10: PyFrameObjects; each has an activation of its own */
	PYTHON_ENTRY_FLAG,  /* 3.11: frames with is_entry are the outermost of theirs */
	PYTHON_ENTRY_FRAME, /* from 3.12: behind the outermost one stands a frame of no function */
};

struct python_layout {
	uint16_t minor;             /* of 3.minor */
	enum python_entries entries;
	uint16_t thread_frame;      /* in PyThreadState: the innermost frame, or _PyCFrame */
	bool thread_has_cframe;     /* it is a _PyCFrame (3.11, 3.12) ... */
	uint16_t cframe_frame;      /* ... which points to the frame */
	uint16_t thread_id;         /* pthread_self() of its thread */
	uint16_t frame_previous;
	uint16_t frame_code;
	uint16_t frame_instruction; /* to 3.10 an index in 32 bits, then a pointer into the code */
	uint16_t frame_entry;       /* 3.11: a byte */
	uint16_t frame_owner;       /* from 3.11: a byte */
	uint16_t code_first_line;
	uint16_t code_file;
	uint16_t code_name;         /* the qualified one where there is one */
	uint16_t code_lines;        /* bytes that tell the line of each instruction */
	uint16_t code_instructions; /* to 3.10 an object of bytes, then they follow here */
	uint16_t text_ascii;        /* a string's characters: of ASCII ones ... */
	uint16_t text_other;        /* ... and of all others */
};

/* From 3.11 on instructions have 2 bytes, and frames point to them. */
static inline bool python_points(const struct python_layout *l)
{
	return l->entries != PYTHON_EACH_FRAME;
}

/*
 * Finds the layout of version 3.minor.  debug_offsets: _PyRuntime, which begins with struct
 * _Py_DebugOffsets from 3.13 on; version: as PY_VERSION_HEX.  NULL, or why not, in words.
 */
const char *python_layout_find(struct python_layout *l, uint32_t version,
			       const void *debug_offsets);

/* Whether the interpreter's own list of code objects' members agrees: code_type is PyCode_Type. */
bool python_layout_agrees(const struct python_layout *l, const void *code_type);

#endif
