/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds libtraceroundtrip.so and puts it before a program. */
#ifndef CMD_LIBRARY_H
#define CMD_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * TRACEROUNDTRIP_LIBRARY if it is set; else in the build folder that we run from,
 * in the prefix that we are installed in, wherever that was moved to, and where it
 * was configured to be.  Returns false if it is in none of them.
 */
bool library_find(char *path, size_t size);

/*
 * Puts the library first in LD_PRELOAD and keeps what is there.  Returns false if
 * its path has characters that LD_PRELOAD cannot hold (ld.so(8)).
 */
bool library_preload(const char *path);

#endif
