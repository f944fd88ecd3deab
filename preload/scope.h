/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which definition of a name a call would have been bound to without us: what RTLD_NEXT says for
 * libraries that were there at the start, for all others too.
 *
 * The loader searches the global scope first: the program, what was preloaded, what the
 * program needs, in this order.  Then what the object that was opened with dlopen() needs, breadth
 * first (ld.so(8)).  Definitions of other versions than the reference asks for do not
 * count, so that two plugins may bring two versions of one library.  dlsym() cannot be asked: it
 * waits for the loader's lock, which another thread may hold while it waits for this one.
 */
#ifndef PRELOAD_SCOPE_H
#define PRELOAD_SCOPE_H

#include <stddef.h>

struct link_map;

/* In the constructor: what is loaded now is the global scope. */
void scope_init(void);

/* Us. */
const struct link_map *scope_self(void);

/* The object that holds the instruction before a return address; NULL if none does. */
const struct link_map *scope_object(const void *return_address);

/*
 * The object whose definition of name a call binds to; NULL if there is none but ours.  objects:
 * those that the calling stack is in, from the caller outwards: the first one that refers to
 * name made the reference, though another may have made the call by a pointer.
 * Within dl_iterate_phdr() only, where the loader's lists do not change.
 */
const struct link_map *scope_bind(const struct link_map *const *objects, size_t count,
				  const char *name, const char **version);

/* The first object with the function among root and what it needs. */
const struct link_map *scope_tree(const struct link_map *root, const char *name,
				  const char *version);

#endif
