/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of a module's addresses as they were found before, in a file of its own: of the
 * cache, or of an archive.  The file is one JSON object:
 *
 *	{ "format": "traceroundtrip names", "version": 1,
 *	  "words": "DWARF",              where the names came from, as `info` says it
 *	  "file": "/usr/lib/debug/...",  which file that was, or null
 *	  "texts": [ "main", "/src/a.c", ... ],
 *	  "sites": [ [ ADDRESS, FUNCTION, FILE, LINE, FUNCTION, FILE, LINE, ... ], ... ] }
 *
 * A site is an address as the ELF file counts, and its places, what was inlined first; FUNCTION
 * and FILE are numbers of texts or -1, LINE is 0 if it is not known.
 */
#ifndef SYMBOLS_STORE_H
#define SYMBOLS_STORE_H

#include "analyzer/symbols/source.h"

struct store;

/*
 * The file of a module in a folder, by its build id, or by its path if it has none.  Returns
 * false if the path is too long.
 */
bool store_path(const char *folder, const struct module *m, char *path, size_t size);

struct store *store_new(void);
/*
 * Reads a file.  Returns NULL if there is none, or it is none of ours; in the latter case
 * *damaged is set.
 */
struct store *store_read(const char *path, bool *damaged);
void store_free(struct store *s);

/* Where the names came from: texts of the store's; words is "" and file NULL at first. */
const char *store_words(const struct store *s);
const char *store_file(const struct store *s);
void store_set_origin(struct store *s, const char *words, const char *file);

/* Adds the places of an address.  Returns false if the address is not in the store. */
bool store_find(const struct store *s, uint64_t address, struct places *places);

/* Keeps a copy.  lasting: it may still be believed when more debug data is installed. */
void store_add(struct store *s, uint64_t address, const struct place *items, size_t count,
	       bool lasting);

/* Whether store_add() added anything that lasts. */
bool store_changed(const struct store *s);

/*
 * Writes the file anew, with its folder and with what others have added to it meanwhile; who
 * reads it sees it whole, old or new.  all: also what does not last.  Returns 0, or an
 * errno.
 */
int store_write(struct store *s, const char *path, bool all);

/* Cuts the folders off the paths of files. */
void store_cut_folders(struct store *s);

#endif
