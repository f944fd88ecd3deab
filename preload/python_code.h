/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What CPython's code objects say: names, files, lines.
 *
 * Nothing is taken for granted: whether memory can be read is asked before, and whether an
 * object is of the right type.  What is not gives an empty name and no line.
 */
#ifndef PRELOAD_PYTHON_CODE_H
#define PRELOAD_PYTHON_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/python_layout.h"

/* An interpreter whose objects are read. */
struct python_objects {
	struct python_layout layout;
	const void *code_type, *text_type, *bytes_type; /* PyCode_Type, PyUnicode_Type, PyBytes_Type */
};

/* Room for names; longer ones are cut short. */
struct python_names {
	char name[1024];
	char file[4096];
};

bool python_is_code(const struct python_objects *o, uintptr_t address);

/* Also all that is read of it has the right types. */
bool python_code_sound(const struct python_objects *o, uintptr_t code);

/* The number of its function (language.h); 0 if there is no more room. */
uint32_t python_code_function(const struct python_objects *o, uintptr_t code,
			      struct python_names *names);

/*
 * The line of an instruction, by its index: in bytes to 3.9, in units of 2 bytes from then on;
 * -1 before the first.  0 if it has none.
 */
uint32_t python_code_line(const struct python_objects *o, uintptr_t code, int32_t instruction);

/* How many instructions it has, in the same units. */
uint32_t python_code_length(const struct python_objects *o, uintptr_t code);

#endif
