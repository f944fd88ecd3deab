/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames that are equal are one: the set of all there are. */
#include "analyzer/symbols/frames.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analyzer/util/alloc.h"
#include "analyzer/util/text.h"

/* Texts are found by their letters first, frames then by the texts' places. */
struct known_text {
	char *text;
	char *clean; /* the same object if nothing had to be cleaned */
	UT_hash_handle hh;
};

struct frame_key {
	const char *name, *module, *file;
	uint32_t line;
	uint8_t function, inlined, outer, group;
};

/* What a frame is: one of a stack, or what stands for all of a function or of a module. */
enum { ONE_FRAME, ALL_OF_FUNCTION, ALL_OF_MODULE };

struct known_frame {
	struct frame_key key;
	struct frame frame;
	UT_hash_handle hh;
};

struct frame_set {
	struct known_text *texts;
	struct known_frame *frames;
};

struct frame_set *frame_set_new(void)
{
	return xcalloc(1, sizeof(struct frame_set));
}

void frame_set_free(struct frame_set *s)
{
	struct known_text *t, *next_text;
	struct known_frame *f, *next_frame;

	HASH_ITER(hh, s->frames, f, next_frame)
	{
		HASH_DEL(s->frames, f);
		free(f);
	}
	HASH_ITER(hh, s->texts, t, next_text)
	{
		HASH_DEL(s->texts, t);
		if (t->clean != t->text)
			free(t->clean);
		free(t->text);
		free(t);
	}
	free(s);
}

/* The same pointer for the same text, fit for a terminal; NULL for NULL. */
static const char *intern_text(struct frame_set *s, const char *text)
{
	struct known_text *t;

	if (!text)
		return NULL;
	HASH_FIND_STR(s->texts, text, t);
	if (t)
		return t->clean;
	size_t bytes = 4 * strlen(text) + 1;
	t = xcalloc(1, sizeof(*t));
	t->text = xstrdup(text);
	t->clean = xmalloc(bytes);
	text_clean(text, true, t->clean, bytes);
	if (strcmp(t->clean, t->text) == 0) {
		free(t->clean);
		t->clean = t->text;
	} else {
		t->clean = xreallocarray(t->clean, strlen(t->clean) + 1, 1);
	}
	HASH_ADD_KEYPTR(hh, s->texts, t->text, strlen(t->text), t);
	return t->clean;
}

/* Finds or makes; the texts of wanted are interned already. */
static struct frame *find_frame(struct frame_set *s, const struct frame *wanted, uint8_t group)
{
	struct frame_key key;
	struct known_frame *f;

	memset(&key, 0, sizeof(key)); /* a key has no undefined bytes */
	key.name = wanted->name;
	key.module = wanted->module;
	key.file = wanted->file;
	key.line = wanted->line;
	key.function = wanted->function != NULL;
	key.inlined = wanted->inlined;
	key.outer = wanted->outer;
	key.group = group;
	HASH_FIND(hh, s->frames, &key, sizeof(key), f);
	if (!f) {
		f = xcalloc(1, sizeof(*f));
		f->key = key;
		f->frame = *wanted;
		f->frame.of_function = f->frame.of_module = NULL;
		HASH_ADD(hh, s->frames, key, sizeof(key), f);
	}
	return &f->frame;
}

static const struct frame *find_groups(struct frame_set *s, struct frame *f)
{
	struct frame function = *f;
	struct frame module = { .name = f->module ? f->module : f->name, .module = f->module };

	if (f->of_function)
		return f;
	function.line = 0;
	function.place = NULL;
	function.inlined = false;
	struct frame *of_function = find_frame(s, &function, ALL_OF_FUNCTION);
	f->of_module = find_frame(s, &module, ALL_OF_MODULE);
	f->of_function = of_function;
	of_function->of_module = f->of_module;
	return f;
}

/* "/src/app.c:12"; NULL if that is not known. */
static const char *intern_place(struct frame_set *s, const struct frame *f)
{
	if (!f->file || !f->line)
		return NULL;
	size_t bytes = strlen(f->file) + 16;
	char *text = xmalloc(bytes);
	snprintf(text, bytes, "%s:%" PRIu32, f->file, f->line);
	const char *place = intern_text(s, text);
	free(text);
	return place;
}

const struct frame *frame_intern(struct frame_set *s, const struct frame *wanted)
{
	struct frame f = *wanted;

	f.name = intern_text(s, wanted->name);
	f.function = wanted->function ? f.name : NULL;
	f.module = intern_text(s, wanted->module);
	f.file = intern_text(s, wanted->file);
	f.place = intern_place(s, &f);
	f.raw_name = intern_text(s, wanted->raw_name);
	return find_groups(s, find_frame(s, &f, ONE_FRAME));
}

static bool is_libc(const char *module)
{
	return module && (strncmp(module, "libc.so", 7) == 0 || strncmp(module, "libc-2.", 7) == 0 ||
			  strncmp(module, "libpthread", 10) == 0);
}

static bool is_start(const struct frame *f)
{
	return !f->function || strcmp(f->function, "_start") == 0;
}

void frames_mark_outer(struct frame_set *s, const struct frame **frames, size_t count)
{
	size_t outer = 0;

	/* _start is the program's own, what it calls is libc's. */
	if (count > 1 && !is_libc(frames[0]->module) && is_start(frames[0]) &&
	    is_libc(frames[1]->module))
		outer = 1;
	while (outer < count && is_libc(frames[outer]->module))
		outer++;
	for (size_t i = 0; outer < count && i < outer; i++) {
		struct frame marked = *frames[i];
		marked.outer = true;
		frames[i] = find_groups(s, find_frame(s, &marked, ONE_FRAME));
	}
}
