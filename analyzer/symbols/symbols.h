/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names for return addresses: functions, source lines, and what was inlined.  symbols.c
 * asks the sources of names (source.h) and remembers what they said; all is looked
 * up when it is first shown, and each module opened once.
 */
#ifndef SYMBOLS_SYMBOLS_H
#define SYMBOLS_SYMBOLS_H

#include "analyzer/trace/trace.h"
#include "analyzer/util/options.h"

/*
 * One frame of a stack as shown.  Equal frames are one object: pointers may be compared.
 * They are equal if module, name, file, line, inlined and outer are.  Strings hold no
 * control characters and are valid UTF-8, of any length; they belong to the symbols object.
 */
struct frame {
	const char *name;     /* function, or "module+0x1234", or "0x7f..." without a module */
	const char *function; /* NULL if the name is not a function's, else equal to name */
	const char *module;   /* last path component, NULL if unknown */
	const char *file;     /* whole path of the source, as the compiler knew it; NULL unknown */
	uint32_t line;        /* of the call; 0 unknown */
	const char *place;    /* "file:line"; NULL without both */
	bool inlined;         /* into the function of the frame outside of it */
	bool outer;           /* starts the program or a thread: hidden unless full_stacks is set */
	const char *raw_name; /* function before demangling, as linkers know it (of several that
				 read the same: one); NULL if unknown */
	/* What stands for all frames of this function, and of this module: frame_group(). */
	const struct frame *of_function, *of_module;
};

/* Which frames count as one, as --group has it. */
enum frame_grouping { GROUP_FUNCTION, GROUP_LINE, GROUP_MODULE };

/*
 * What stands for all frames that count as one with this one: compare its pointer.  It
 * is a frame too: with GROUP_FUNCTION without a line and never inlined (functions of one
 * name in different files are different ones), with GROUP_MODULE its name is the module's.
 * A frame that symbols.c has not made stands for itself.
 */
static inline const struct frame *frame_group(const struct frame *f, enum frame_grouping grouping)
{
	const struct frame *group = NULL;

	if (grouping == GROUP_FUNCTION)
		group = f->of_function;
	else if (grouping == GROUP_MODULE)
		group = f->of_module;
	return group ? group : f;
}

/* How many of a stack's frames, from the outermost on, are outer. */
static inline size_t frames_outer(const struct frame *const *frames, size_t count)
{
	size_t i = 0;

	while (i < count && frames[i]->outer)
		i++;
	return i;
}

/* Where names are looked for, and how they are told. */
struct symbols_options {
	struct text_list debug_dirs; /* folders with debug files, before the system's */
	const char *sysroot;         /* put before the paths of modules; NULL: none */
	struct text_list archives;   /* folders with names, from unpacked archives */
	bool no_demangle;
	bool full_stacks;            /* no frame is outer */
};

struct symbols;

/* options outlive it. */
struct symbols *symbols_new(const struct symbols_options *options);
void symbols_free(struct symbols *s);

/*
 * The frames of a stack, outermost first; *count tells how many (0: no stack).  What
 * was inlined at an address are frames of their own, further in than the function that
 * holds the code.  Valid until symbols_free().  Each stack is resolved once.
 */
const struct frame *const *symbols_stack(struct symbols *s, const struct process *p,
					 uint32_t stack_id, size_t *count);

/* A stack that is to be shown. */
struct stack_reference {
	const struct process *process;
	uint32_t stack_id;
};

/*
 * Resolves many stacks at once, module by module: each is read once and its memory given back
 * before the next, which symbols_stack() for each of them would not do.
 */
void symbols_prepare(struct symbols *s, const struct stack_reference *stacks, size_t count);

/* For `info`: where the names of a module come from. */
struct name_origin {
	const char *words; /* "DWARF", "changed since recorded" */
	const char *file;  /* that has them; NULL: the module, or none */
};

/* Texts are valid until symbols_free(). */
struct name_origin symbols_module_origin(struct symbols *s, const struct process *p,
					 const struct module *m);

/*
 * What would give lines: "install libfoo1-dbgsym or set DEBUGINFOD_URLS".  Writes at most
 * ADVICE_BYTES; returns buffer, NULL if lines are known, or nothing would.
 */
#define ADVICE_BYTES 512
const char *symbols_module_advice(struct symbols *s, const struct process *p,
				  const struct module *m, char *buffer);

/*
 * Writes the names of all stacks that were resolved into a folder, for symbols_options.archives
 * on another machine.  anonymous: paths without their folders.  Returns 0, or an errno.
 */
int symbols_save(struct symbols *s, const char *folder, bool anonymous);

#endif
