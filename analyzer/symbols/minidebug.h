/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mini debug info: a symbol table, compressed in the module's .gnu_debugdata. */
#ifndef SYMBOLS_MINIDEBUG_H
#define SYMBOLS_MINIDEBUG_H

#include <gelf.h>

/*
 * The small ELF file inside of a module; NULL if it has none or that is damaged.  Ends
 * by elf_end(), then free(*memory).
 */
Elf *minidebug_open(Elf *module, void **memory);

#endif
