/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names for return addresses: asks the sources, remembers the answers. */
#include "analyzer/symbols/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analyzer/symbols/demangle.h"
#include "analyzer/symbols/source.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/text.h"

/* In order of preference. */
static const struct source_ops *const sources[] = { &elf_source };
#define SOURCE_COUNT (sizeof(sources) / sizeof(sources[0]))

/* One file that was loaded, in however many processes. */
struct object {
	char *key;           /* path, NUL, build id */
	const char *name;    /* last component of the path */
	bool opened;
	const char *words;   /* of the source that knows names, or why none does */
	const struct source_ops *source;
	void *names;
	UT_hash_handle hh;
};

struct place {
	struct object *object;
	uint64_t address;    /* as the ELF file counts, or as it was in memory without object */
};

/* Equal frames are one: each has its name and module only once. */
struct known_frame {
	struct frame frame;
	char *key;           /* module, NUL, name */
	UT_hash_handle hh;
};

struct known_place {
	struct place place;
	const struct frame *frame;
	UT_hash_handle hh;
};

struct stack_key {
	const struct process *process;
	uint64_t id;
};

struct known_stack {
	struct stack_key key;
	const struct frame **frames;
	size_t count;
	UT_hash_handle hh;
};

struct symbols {
	struct object *objects;
	struct known_frame *frames;
	struct known_place *places;
	struct known_stack *stacks;
};

struct symbols *symbols_new(void)
{
	return xcalloc(1, sizeof(struct symbols));
}

static void free_objects(struct symbols *s)
{
	struct object *o, *next;

	HASH_ITER(hh, s->objects, o, next)
	{
		HASH_DEL(s->objects, o);
		if (o->names)
			o->source->close(o->names);
		free(o->key);
		free(o);
	}
}

void symbols_free(struct symbols *s)
{
	struct known_frame *f, *next_frame;
	struct known_place *p, *next_place;
	struct known_stack *k, *next_stack;

	if (!s)
		return;
	HASH_ITER(hh, s->stacks, k, next_stack)
	{
		HASH_DEL(s->stacks, k);
		free(k->frames);
		free(k);
	}
	HASH_ITER(hh, s->places, p, next_place)
	{
		HASH_DEL(s->places, p);
		free(p);
	}
	HASH_ITER(hh, s->frames, f, next_frame)
	{
		HASH_DEL(s->frames, f);
		free(f->key);
		free(f);
	}
	free_objects(s);
	free(s);
}

static struct object *find_object(struct symbols *s, const struct module *m)
{
	size_t path_bytes = strlen(m->path) + 1;
	size_t bytes = path_bytes + m->build_id_bytes;
	char *key = xmalloc(bytes);
	struct object *o;

	memcpy(key, m->path, path_bytes);
	if (m->build_id_bytes)
		memcpy(key + path_bytes, m->build_id, m->build_id_bytes);
	HASH_FIND(hh, s->objects, key, bytes, o);
	if (o) {
		free(key);
		return o;
	}
	o = xcalloc(1, sizeof(*o));
	o->key = key;
	const char *slash = strrchr(key, '/');
	o->name = slash ? slash + 1 : key;
	HASH_ADD_KEYPTR(hh, s->objects, o->key, bytes, o);
	return o;
}

static void open_object(struct object *o, const struct module *m)
{
	if (o->opened)
		return;
	o->opened = true;
	for (size_t i = 0; i < SOURCE_COUNT && !o->names; i++) {
		o->names = sources[i]->open(m, &o->words);
		o->source = sources[i];
	}
}

/* module NULL: unknown; function: whether name is a function's. */
static const struct frame *intern_frame(struct symbols *s, const char *module, const char *name,
					bool function)
{
	size_t module_bytes = module ? 4 * strlen(module) + 1 : 1;
	size_t name_bytes = 4 * strlen(name) + 1;
	char *key = xcalloc(1, module_bytes + name_bytes);
	struct known_frame *f;

	/* Cleaned here, so that every view may print what it gets. */
	text_clean(module ? module : "", true, key, module_bytes);
	char *clean_name = key + strlen(key) + 1;
	text_clean(name, true, clean_name, name_bytes);
	size_t bytes = (size_t)(clean_name - key) + strlen(clean_name);
	HASH_FIND(hh, s->frames, key, bytes, f);
	if (f) {
		free(key);
		return &f->frame;
	}
	f = xcalloc(1, sizeof(*f));
	f->key = key;
	f->frame = (struct frame){
		.name = clean_name,
		.function = function ? clean_name : NULL,
		.module = module ? key : NULL,
	};
	HASH_ADD_KEYPTR(hh, s->frames, f->key, bytes, f);
	return &f->frame;
}

/* The symbol's name without its version, "recv" of "recv@@GLIBC_2.2.5", and readable. */
static const struct frame *function_frame(struct symbols *s, const struct object *o,
					  const char *name)
{
	char *plain = xstrdup(name);
	char *version = strchr(plain, '@');

	if (version && version != plain)
		*version = '\0';
	char *readable = demangle(plain);
	const struct frame *frame = intern_frame(s, o->name, readable ? readable : plain, true);
	free(readable);
	free(plain);
	return frame;
}

static const struct frame *name_place(struct symbols *s, const struct place *place)
{
	struct object *o = place->object;
	char text[4096 + 32];

	if (!o) {
		snprintf(text, sizeof(text), "0x%" PRIx64, place->address);
		return intern_frame(s, NULL, text, false);
	}
	/* A return address is the instruction after the call, maybe in the next function. */
	const char *name = o->names ? o->source->lookup(o->names, place->address - 1) : NULL;
	if (name)
		return function_frame(s, o, name);
	snprintf(text, sizeof(text), "%s+0x%" PRIx64, o->name, place->address);
	return intern_frame(s, o->name, text, false);
}

static const struct frame *find_frame(struct symbols *s, const struct process *p,
				      uint64_t address, uint64_t ns)
{
	const struct module *m = process_module(p, address ? address - 1 : 0, ns);
	struct place place;
	struct known_place *k;

	memset(&place, 0, sizeof(place)); /* a key has no undefined bytes */
	place.address = address;
	if (m && m->path[0]) {
		place.object = find_object(s, m);
		place.address = address - m->load_bias;
		open_object(place.object, m);
	}
	HASH_FIND(hh, s->places, &place, sizeof(place), k);
	if (k)
		return k->frame;
	k = xcalloc(1, sizeof(*k));
	k->place = place;
	k->frame = name_place(s, &place);
	HASH_ADD(hh, s->places, place, sizeof(place), k);
	return k->frame;
}

const struct frame *const *symbols_stack(struct symbols *s, const struct process *p,
					 uint32_t stack_id, size_t *count)
{
	struct stack_key key;
	struct known_stack *k;

	memset(&key, 0, sizeof(key));
	key.process = p;
	key.id = stack_id;
	HASH_FIND(hh, s->stacks, &key, sizeof(key), k);
	if (!k) {
		const struct stack *stack = process_stack(p, stack_id);
		k = xcalloc(1, sizeof(*k));
		k->key = key;
		k->count = stack ? stack->depth : 0;
		k->frames = xcalloc(k->count + 1, sizeof(*k->frames));
		for (size_t i = 0; i < k->count; i++)
			k->frames[k->count - 1 - i] = find_frame(s, p, stack->addresses[i],
								 stack->first_seen_ns);
		HASH_ADD(hh, s->stacks, key, sizeof(key), k);
	}
	*count = k->count;
	return k->frames;
}

const char *symbols_module_source(struct symbols *s, const struct process *p,
				  const struct module *m)
{
	if (!m->path[0])
		return "no file";
	struct object *o = find_object(s, m);
	open_object(o, m);
	return o->words;
}
