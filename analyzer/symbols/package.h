/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which package has the debug data of a file. */
#ifndef SYMBOLS_PACKAGE_H
#define SYMBOLS_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the name of the package with the debug data of a file that a package installed, as
 * Debian and its relatives name them.  Returns false if no package did, or this
 * system has another kind of them.
 */
bool package_with_debug_data(const char *path, char *name, size_t size);

#endif
