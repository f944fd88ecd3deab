/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of C++ and Rust functions as their programmers wrote them. */
#include "analyzer/symbols/demangle.h"

#include <libiberty/demangle.h>
#include <stddef.h>
#include <string.h>

char *demangle(const char *name)
{
	/* As c++filt and addr2line do; Rust's names lose the hash at their ends. */
	const int style = DMGL_PARAMS | DMGL_ANSI;

	/* C++ (Itanium ABI) and older Rust; Rust since RFC 2603.  All else is a plain name. */
	if (strncmp(name, "_Z", 2) != 0 && strncmp(name, "_R", 2) != 0)
		return NULL;
	/* Older Rust looks like C++, but for the hash. */
	char *readable = rust_demangle(name, style);
	return readable ? readable : cplus_demangle_v3(name, style);
}
