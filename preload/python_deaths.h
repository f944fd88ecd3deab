/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which code objects of CPython are remembered by their address, and that one of them died.
 *
 * Programs free code objects and get their memory for others at once (exec(), templates): an
 * address says nothing of which one it is.  So the type's tp_dealloc is replaced by one that
 * looks whether the object is among these, and if so, voids all that is remembered
 * (runtime_epoch), before anybody can have the memory.
 *
 * Why this is safe: PyCode_Type is a static object that the interpreter writes to itself
 * (PyType_Ready() fills its slots).  The slot is one pointer, stored in one piece: a thread that
 * frees a code object calls either function, and both are right, as nothing is remembered before
 * the slot is.  Both live as long as the process: we are never unloaded (-z nodelete).  The
 * type cannot be subclassed, so that no other slot was copied from this one.
 */
#ifndef PRELOAD_PYTHON_DEATHS_H
#define PRELOAD_PYTHON_DEATHS_H

#include <stdbool.h>
#include <stdint.h>

/* Replaces tp_dealloc, unless it is already.  False without memory. */
bool python_deaths_watch(void *code_type);
/* Not where the type is that of an interpreter which was loaded anew in the place of another. */
bool python_deaths_watched(const void *code_type);

/*
 * This object, which cannot die now, is about to be remembered.  False if there is no more room:
 * then it must not be.
 */
bool python_deaths_add(uintptr_t code);
bool python_deaths_known(uintptr_t code);

/* Called before each death, if it is set. */
extern void (*python_deaths_before)(void);

#endif
