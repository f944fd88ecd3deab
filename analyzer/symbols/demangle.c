/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of C++ and Rust functions as their programmers wrote them. */
#include "analyzer/symbols/demangle.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Itanium C++ ABI, 3.4: buffer and length NULL let it allocate the result. */
typedef char *demangler(const char *name, char *buffer, size_t *length, int *status);

/*
 * Loaded when first needed: programs in C never are, and a machine without C++
 * programs may lack the library.
 */
static demangler *cxa_demangle(void)
{
	static demangler *function;
	static bool tried;

	if (!tried) {
		void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
		if (library)
			*(void **)&function = dlsym(library, "__cxa_demangle");
		tried = true;
	}
	return function;
}

/* Rust's older mangling is that of C++ with a last part "h" and 16 hexadecimal digits, a hash. */
static void cut_rust_hash(char *name)
{
	size_t length = strlen(name);

	if (length <= 19)
		return;
	char *hash = name + length - 19;
	if (strncmp(hash, "::h", 3) == 0 && strspn(hash + 3, "0123456789abcdef") == 16)
		*hash = '\0';
}

char *demangle(const char *name)
{
	demangler *function = strncmp(name, "_Z", 2) == 0 ? cxa_demangle() : NULL;
	int status;

	if (!function)
		return NULL;
	char *readable = function(name, NULL, NULL, &status);
	if (readable)
		cut_rust_hash(readable);
	return readable;
}
