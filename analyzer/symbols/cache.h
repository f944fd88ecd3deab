/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's cache of names, by build id: $XDG_CACHE_HOME/traceroundtrip. */
#ifndef SYMBOLS_CACHE_H
#define SYMBOLS_CACHE_H

#include "analyzer/symbols/store.h"

/*
 * What the cache has about a module; NULL if it has nothing.  A damaged file, and a cache
 * that cannot be written, is told once on stderr and then ignored.
 */
struct store *cache_read(const struct module *m);
void cache_write(const struct module *m, struct store *s);

#endif
