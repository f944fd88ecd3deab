/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An ELF file that names are read from. */
#ifndef SYMBOLS_ELFFILE_H
#define SYMBOLS_ELFFILE_H

#include <gelf.h>
#include <stdbool.h>

#include "analyzer/trace/trace.h"

/* All zeroes but fd -1: no file. */
struct elf_file {
	Elf *elf;
	int fd;
	char *path;
};

#define NO_ELF_FILE { .fd = -1 }

/*
 * Opens a regular file that is an ELF file.  Returns false and sets *reason (static) if it
 * cannot be read or is something else.
 */
bool elf_file_open(struct elf_file *f, const char *path, const char **reason);
/* The same of a descriptor, which it takes in any case. */
bool elf_file_take(struct elf_file *f, int fd, const char *path, const char **reason);
void elf_file_close(struct elf_file *f);

/* Whether the module's code was made by the same link as this file, or stripped from that. */
enum same_build { BUILD_SAME, BUILD_OTHER, BUILD_UNKNOWN };
enum same_build elf_same_build(Elf *elf, const struct module *m);

/* The section with this name; NULL if there is none, or it has no contents in this file. */
Elf_Scn *elf_section(Elf *elf, const char *name);

/* Whether it has a section of this type with contents. */
bool elf_has_type(Elf *elf, uint32_t type);

/*
 * Whether the strings of the debug data end within their sections: libdw (0.188) relies on
 * that.
 */
bool elf_strings_end(Elf *elf);

#endif
