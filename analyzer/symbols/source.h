/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The seam between symbols.c and what knows names: one file a source. */
#ifndef SYMBOLS_SOURCE_H
#define SYMBOLS_SOURCE_H

#include "analyzer/symbols/symbols.h"

/* What a source knows of one address: a function and the line in it. */
struct place {
	const char *function; /* as linkers know it; NULL unknown */
	const char *file;     /* NULL unknown */
	uint32_t line;        /* 0 unknown */
	bool inlined;         /* into the function of the next place */
};

/* Of one address: what was inlined first, the function that holds the code last. */
struct places {
	struct place *items;  /* freed by the one who asks */
	size_t count, room;
};

struct source_ops {
	/*
	 * Opens what the source has about a module.  *words tells a person what that
	 * is ("symbol table"), or why there is nothing ("changed since recorded"); it
	 * is static.  Returns NULL if the source knows no names for this module.
	 */
	void *(*open)(const struct module *m, const struct symbols_options *options,
		      const char **words);

	/*
	 * Adds the places of an address as the ELF file counts them; none if no function
	 * holds it.  Their texts are valid until close().
	 */
	void (*lookup)(void *source, uint64_t address, struct places *places);

	void (*close)(void *source);
};

/* .symtab, or .dynsym where there is none. */
extern const struct source_ops elf_source;

/* One more at the end. */
void places_add(struct places *places, struct place place);

#endif
