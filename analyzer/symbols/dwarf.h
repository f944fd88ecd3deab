/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions, what was inlined into them, and lines, from DWARF. */
#ifndef SYMBOLS_DWARF_H
#define SYMBOLS_DWARF_H

#include <elfutils/libdw.h>

#include "analyzer/symbols/source.h"

struct dwarf_names;

/* dwarf remains the caller's and has to outlive it. */
struct dwarf_names *dwarf_names_new(Dwarf *dwarf);
void dwarf_names_free(struct dwarf_names *d);

/*
 * Adds the places of an address, as the ELF file counts it: what was inlined there first, the
 * function that holds the code last.  If only the line is known, one without function.
 * Texts are valid until dwarf_names_free().
 *
 * Returns false if there would be more to tell, but a file of split DWARF is missing.
 */
bool dwarf_names_lookup(struct dwarf_names *d, uint64_t address, struct places *places);

#endif
