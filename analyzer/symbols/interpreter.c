/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is an interpreter's own on a stack, and what of a language's code is the user's. */
#include "analyzer/symbols/interpreter.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/util/alloc.h"

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const struct runtime *find_runtime(const struct process *p, uint32_t language)
{
	size_t count;
	const struct runtime *all = process_runtimes(p, &count);

	for (size_t i = 0; i < count; i++) {
		if (all[i].language == language)
			return &all[i];
	}
	return NULL;
}

/*
 * The module that has the loop, the program that is only a shell around it, the extensions of
 * the standard library, and what ctypes calls with.
 */
static bool is_internal(const struct process *p, const struct runtime *r, const struct module *m,
			uint64_t ns)
{
	const struct module *own = r && r->loop_start ? process_module(p, r->loop_start, ns) : NULL;
	const char *name = last_component(m->path);

	return m == own || (own && strcmp(m->path, own->path) == 0) ||
	       strstr(m->path, "/lib-dynload/") || starts_with(name, "libpython") ||
	       starts_with(name, "libffi.so") ||
	       (starts_with(name, "python") && strcmp(m->path, p->executable) == 0);
}

/*
 * CPython: the loop is one function, of which compilers put rare parts elsewhere; built by
 * clang from 3.14 on, each instruction is one that the function calls.
 */
enum native_kind interpreter_kind(const struct process *p, uint32_t language, uint64_t address,
				  uint64_t ns, const char *function)
{
	const struct runtime *r = find_runtime(p, language);
	const struct module *m = process_module(p, address - 1, ns);

	if (language != LANGUAGE_PYTHON)
		return NATIVE_FOREIGN;
	if (r && address - 1 >= r->loop_start && address - 1 < r->loop_end)
		return NATIVE_LOOP;
	if (function && starts_with(function, "_PyEval_EvalFrameDefault"))
		return NATIVE_LOOP;
	if (function && starts_with(function, "_TAIL_CALL_"))
		return NATIVE_LOOP_TAIL;
	if (!m || !m->path[0])
		return NATIVE_FOREIGN;
	if (starts_with(last_component(m->path), "_greenlet."))
		return NATIVE_SWITCH;
	return is_internal(p, r, m, ns) ? NATIVE_INTERNAL : NATIVE_FOREIGN;
}

/* "requests" of a package, "ssl" of the standard library, else the name of the file. */
static char *module_name(const char *file)
{
	size_t length;
	const char *part = library_part(file, &length);
	char *name = xstrdup(part ? part + length : last_component(file));

	if (part)
		name[strcspn(name, "/.>")] = '\0';
	return name;
}

const struct frame *interpreter_frame(struct frame_set *s, const struct process *p,
				      uint32_t language, uint32_t frame_id)
{
	const struct language_frame *f = process_language_frame(p, frame_id);
	const struct language_function *function = f ? f->function : NULL;
	const char *file = function && function->file[0] ? function->file : NULL;
	const char *name = function && function->name[0] ? function->name : NULL;
	char *module = file ? module_name(file) : NULL;
	size_t length;
	const struct frame *frame = frame_intern(s, &(struct frame){
		.name = name ? name : "?",
		.function = name,
		.raw_name = name,
		.module = module && *module ? module : NULL,
		.file = file,
		.line = f ? f->line : 0,
		.language = language,
		.library = file && library_part(file, &length),
	});
	free(module);
	return frame;
}

size_t interpreter_fold(const struct frame **frames, size_t count)
{
	size_t kept = 0;
	bool inside = false, folding = false;

	if (frames_own(frames, count) == count)
		return count;
	for (size_t i = 0; i < count; i++) {
		bool own = frame_is_own(frames[i]);
		inside = inside || frames[i]->language;
		if (!inside || own || !folding)
			frames[kept++] = frames[i];
		folding = inside && !own;
	}
	return kept;
}
