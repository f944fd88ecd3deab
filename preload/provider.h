/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The functions behind intercepted ones of libraries that may come late, or out of sight of
 * RTLD_NEXT, or twice: of all loaded objects the one that the caller's reference would be
 * bound to without us, see scope.h.  What was found is remembered by the calling object.
 */
#ifndef PRELOAD_PROVIDER_H
#define PRELOAD_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/frame.h"

#define PROVIDER_FUNCTIONS_MAX 28u
/* Combinations of caller and library that are remembered; more are searched for each time. */
#define PROVIDERS_MAX 16u

struct link_map;

/* An object that was loaded, told from a later one at the same place. */
struct loaded {
	const struct link_map *map;
	uintptr_t bias;
	uint64_t name_hash;
};

struct provider {
	bool written;
	bool internal; /* the library calls itself: a part of the call that the program made */
	struct loaded caller, library;
	void *functions[PROVIDER_FUNCTIONS_MAX]; /* in order of the names; NULL: it has none */
};

/* What is known of the functions of one kind of library. */
struct provider_kind {
	const char *const *names;
	uint32_t count;
	uint32_t taken; /* providers that are written, or will be */
	struct provider providers[PROVIDERS_MAX];
};

/*
 * Which functions a call means that has this caller and was made by the name with this number;
 * they are of the object that has the name, or of what that needs.  *spare is used where
 * there is no room to remember them.  NULL if no loaded object has the function.
 * Not async-signal-safe where it has to search (it takes the loader's lock), as the TLS
 * libraries whose callers ask are not either.  Keeps errno.
 */
const struct provider *provider_find(struct provider_kind *kind, uint32_t name,
				     const struct frame *caller, struct provider *spare);

#endif
