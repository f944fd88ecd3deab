/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The seam between symbols.c and what knows names: one file a source. */
#ifndef SYMBOLS_SOURCE_H
#define SYMBOLS_SOURCE_H

#include "analyzer/trace/trace.h"

struct source_ops {
	/*
	 * Opens what the source has about a module.  *words tells a person what that
	 * is ("symbol table"), or why there is nothing ("changed since recorded"); it
	 * is static.  Returns NULL if the source knows no names for this module.
	 */
	void *(*open)(const struct module *m, const char **words);

	/*
	 * The function that holds an address as the ELF file counts them; NULL if
	 * none does.  Valid until close().
	 */
	const char *(*lookup)(const void *source, uint64_t address);

	void (*close)(void *source);
};

/* .symtab, or .dynsym where there is none. */
extern const struct source_ops elf_source;

#endif
