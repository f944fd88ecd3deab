/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and addresses in the running process, as dladdr(3) and dlsym(3) but without their lock. */
#ifndef PRELOAD_DYNSYM_H
#define PRELOAD_DYNSYM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the exported function that holds address, or "module+0x12", or "0x12", terminated. */
void dynsym_name(uintptr_t address, char *name, size_t size);

struct link_map;

/*
 * The function of this name and version that the object exports, of its default version if that
 * is NULL; NULL if it has none.  Objects must not be unloaded meanwhile: see dl_iterate_phdr(3).
 */
void *dynsym_find(const struct link_map *map, const char *name, const char *version);

/* The same for data as well as functions, of the default version; *bytes, unless NULL: its size. */
void *dynsym_data(const struct link_map *map, const char *name, size_t *bytes);

/* Whether the object uses a function of this name that is elsewhere; *version: as above. */
bool dynsym_refers(const struct link_map *map, const char *name, const char **version);

/* The object's own name (DT_SONAME), NULL without one; the n-th it needs, NULL behind the last. */
const char *dynsym_soname(const struct link_map *map);
const char *dynsym_needed(const struct link_map *map, uint32_t n);

#endif
