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

/* The origin of names that are not known because the module is another one by now. */
#define CHANGED_WORDS "changed since recorded"

struct source_ops {
	/*
	 * Finds what there is about a module, without reading it.  Never NULL.  The
	 * module and the options outlive it.
	 */
	void *(*open)(const struct module *m, const struct symbols_options *options);

	/* Where names come from, or why there are none; its texts are valid until close(). */
	struct name_origin (*origin)(const void *source);

	/* What would give better ones, in at most ADVICE_BYTES; NULL if nothing would. */
	const char *(*advice)(const void *source, char *buffer);

	/*
	 * Adds the places of an address as the ELF file counts them; none if no function
	 * holds it.  Their texts are valid until the next unload() or close().
	 */
	void (*lookup)(void *source, uint64_t address, struct places *places);

	/* Gives back the memory that the next lookup() would fill again; keeps what it knows. */
	void (*unload)(void *source);

	/*
	 * Adds all answers so far to a folder, as an archive has it.  anonymous: paths
	 * without their folders.  Returns 0, or an errno.
	 */
	int (*save)(void *source, const char *folder, bool anonymous);

	void (*close)(void *source);
};

/* ELF files: DWARF, symbol tables, and what the cache or an archive knows of them. */
extern const struct source_ops native_source;

/* One more at the end. */
void places_add(struct places *places, struct place place);

#endif
