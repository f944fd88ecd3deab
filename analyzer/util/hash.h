/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uthash with the allocators of alloc.h: a table is never without memory. */
#ifndef UTIL_HASH_H
#define UTIL_HASH_H

#include <stdlib.h>

#include "analyzer/util/alloc.h"

#define uthash_malloc(bytes) xmalloc(bytes)
#define uthash_free(memory, bytes) free(memory)
#include <uthash.h>

#endif
