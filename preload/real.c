/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the functions behind the intercepted ones. */
#include "preload/real.h"

#include <dlfcn.h>

#define CALL(id, name, class) __typeof__(name) *real_##name;
#define TLS_CALL(id, name, class)
#include "calls.def"
#undef CALL

/*
 * dlsym() may be called here before main() only: real_resolve() runs in our
 * constructor, and before it at the first intercepted call of an earlier one.
 * It allocates at most when a symbol is missing (the text for dlerror).  Two
 * threads that race store the same pointers.
 */
void real_resolve(void)
{
#define CALL(id, name, class)                                                          \
	if (!real_##name)                                                              \
		__atomic_store_n(&real_##name, (__typeof__(real_##name))dlsym(RTLD_NEXT, #name), \
				 __ATOMIC_RELAXED);
#define TLS_CALL(id, name, class)
#include "calls.def"
#undef CALL
}
