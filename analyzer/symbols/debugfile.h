/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the debug data of a module lies when it is not in the module. */
#ifndef SYMBOLS_DEBUGFILE_H
#define SYMBOLS_DEBUGFILE_H

#include <elfutils/libdw.h>

#include "analyzer/symbols/elffile.h"
#include "analyzer/symbols/symbols.h"

/*
 * Finds the file with the debug data of a module in folders: those of the options, then
 * the system's.  module_file: the module as it is on this machine, or without an Elf.
 * The file is known to be of the same build, by its build id or else its checksum.
 * Returns false if there is none.
 */
bool debug_file_find(const struct module *m, const struct elf_file *module_file,
		     const struct symbols_options *options, struct elf_file *found);

/*
 * The same from the servers in DEBUGINFOD_URLS, which may take as long as they do.
 * Returns false if that is not set, or they have it not, or libdebuginfod is not here.
 */
bool debug_file_download(const struct module *m, struct elf_file *found);

/*
 * Finds what several debug files share: dwz moves it to a file of its own, which
 * .gnu_debugaltlink names.  Nothing if the DWARF names none, or libdw found it already.
 * Returns false if none was opened; else *alt has to outlive dwarf and be closed with *file.
 */
bool debug_file_join_shared(Dwarf *dwarf, const char *path, const struct symbols_options *options,
			    struct elf_file *file, Dwarf **alt);

#endif
