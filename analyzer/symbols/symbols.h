/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names for return addresses.  One file a source of names (elf.c: symbol tables);
 * debug files, lines, inlines and language runtimes join as further sources.
 */
#ifndef SYMBOLS_SYMBOLS_H
#define SYMBOLS_SYMBOLS_H

#include "analyzer/trace/trace.h"

/* One frame of a stack as shown.  Strings belong to the symbols object. */
struct frame {
	const char *name;     /* function, or "module+0x1234", or "0x7f..." without a module */
	const char *function; /* NULL if the name is not a function's */
	const char *module;   /* last path component, NULL if unknown */
};

struct symbols;

struct symbols *symbols_new(void);
void symbols_free(struct symbols *s);

/*
 * The frames of a stack, outermost first; *count tells how many (0: no stack).
 * Equal frames have equal name pointers, so that callers may compare pointers.
 * Valid until symbols_free().  Each stack is resolved once.
 */
const struct frame *const *symbols_stack(struct symbols *s, const struct process *p,
					 uint32_t stack_id, size_t *count);

/* For `info`: where the names of a module come from, in words. Static storage. */
const char *symbols_module_source(struct symbols *s, const struct process *p,
				  const struct module *m);

#endif
