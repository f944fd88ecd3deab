/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Function names from ELF symbol tables. */
#ifndef SYMBOLS_SYMTAB_H
#define SYMBOLS_SYMTAB_H

#include <gelf.h>
#include <stdbool.h>

struct symtab;

struct symtab *symtab_new(void);
void symtab_free(struct symtab *t);

/*
 * Adds the functions of all tables of a type (SHT_SYMTAB, SHT_DYNSYM).  The Elf has to
 * outlive the table of names.  symtab_finish() comes after the last.
 */
void symtab_read(struct symtab *t, Elf *elf, uint32_t type);
void symtab_finish(struct symtab *t);

/* The function that holds an address as the ELF file counts them; NULL if none does. */
const char *symtab_find(const struct symtab *t, uint64_t address);

#endif
