/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names for return addresses: asks the sources, remembers the answers. */
#include "analyzer/symbols/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analyzer/symbols/demangle.h"
#include "analyzer/symbols/frames.h"
#include "analyzer/symbols/source.h"
#include "analyzer/util/alloc.h"

/* One file that was loaded, in however many processes. */
struct object {
	char *key;           /* path, NUL, build id */
	const char *name;    /* last component of the path */
	const struct source_ops *source;
	void *names;
	UT_hash_handle hh;
};

struct site {
	struct object *object;
	uint64_t address;    /* as the ELF file counts, or as it was in memory without object */
};

/* The frames of one return address, innermost first. */
struct known_site {
	struct site site;
	bool listed;          /* by symbols_prepare() */
	const struct frame **frames;
	size_t count;         /* 0: not named yet */
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

/* Modules that are read at a time: their files are open and their debug data is in memory. */
#define LOADED_MAX 32

struct symbols {
	const struct symbols_options *options;
	struct object *loaded[LOADED_MAX]; /* a ring; NULL: free */
	size_t next_loaded;
	struct frame_set *frames;
	struct object *objects;
	struct known_site *sites;
	struct known_stack *stacks;
	struct places places; /* of the address at hand */
};

struct symbols *symbols_new(const struct symbols_options *options)
{
	struct symbols *s = xcalloc(1, sizeof(*s));

	s->options = options;
	s->frames = frame_set_new();
	return s;
}

static void free_objects(struct symbols *s)
{
	struct object *o, *next;

	HASH_ITER(hh, s->objects, o, next)
	{
		HASH_DEL(s->objects, o);
		o->source->close(o->names);
		free(o->key);
		free(o);
	}
}

void symbols_free(struct symbols *s)
{
	struct known_site *site, *next_site;
	struct known_stack *stack, *next_stack;

	if (!s)
		return;
	HASH_ITER(hh, s->stacks, stack, next_stack)
	{
		HASH_DEL(s->stacks, stack);
		free(stack->frames);
		free(stack);
	}
	HASH_ITER(hh, s->sites, site, next_site)
	{
		HASH_DEL(s->sites, site);
		free(site->frames);
		free(site);
	}
	free_objects(s);
	frame_set_free(s->frames);
	free(s->places.items);
	free(s);
}

void places_add(struct places *places, struct place place)
{
	places->items = xgrow(places->items, places->count, &places->room, sizeof(place));
	places->items[places->count++] = place;
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
	o->source = &native_source;
	o->names = o->source->open(m, s->options);
	HASH_ADD_KEYPTR(hh, s->objects, o->key, bytes, o);
	return o;
}

/* The symbol's name without its version, "recv" of "recv@@GLIBC_2.2.5", and readable. */
static const struct frame *function_frame(struct symbols *s, const struct object *o,
					  const struct place *place)
{
	char *raw = xstrdup(place->function);
	char *version = strchr(raw, '@');

	if (version && version != raw)
		*version = '\0';
	char *readable = s->options->no_demangle ? NULL : demangle(raw);
	const struct frame *frame = frame_intern(s->frames, &(struct frame){
		.name = readable ? readable : raw,
		.function = raw,
		.raw_name = raw,
		.module = o->name,
		.file = place->file,
		.line = place->line,
		.inlined = place->inlined,
	});
	free(readable);
	free(raw);
	return frame;
}

/* "app+0x1234", and why nothing better is known if that is worth knowing. */
static const struct frame *nameless_frame(struct symbols *s, const struct site *site,
					  const struct place *place)
{
	const struct object *o = site->object;
	char text[4096 + 64];

	if (o) {
		const char *words = o->source->origin(o->names).words;
		bool changed = strcmp(words, CHANGED_WORDS) == 0;
		snprintf(text, sizeof(text), "%s+0x%" PRIx64 "%s", o->name, site->address,
			 changed ? " (" CHANGED_WORDS ")" : "");
	} else {
		snprintf(text, sizeof(text), "0x%" PRIx64, site->address);
	}
	return frame_intern(s->frames, &(struct frame){
		.name = text,
		.module = o ? o->name : NULL,
		.file = place->file,
		.line = place->line,
		.inlined = place->inlined,
	});
}

/* Makes room for one more module, in the place of the one that was read first. */
static void note_loaded(struct symbols *s, struct object *o)
{
	for (size_t i = 0; i < LOADED_MAX; i++) {
		if (s->loaded[i] == o)
			return;
	}
	struct object **oldest = &s->loaded[s->next_loaded++ % LOADED_MAX];
	if (*oldest)
		(*oldest)->source->unload((*oldest)->names);
	*oldest = o;
}

static void name_site(struct symbols *s, struct known_site *k)
{
	static const struct place nothing;
	struct object *o = k->site.object;

	s->places.count = 0;
	/* A return address is the instruction after the call, maybe in the next function. */
	if (o) {
		note_loaded(s, o);
		o->source->lookup(o->names, k->site.address - 1, &s->places);
	}
	if (!s->places.count)
		places_add(&s->places, nothing);
	k->count = s->places.count;
	k->frames = xcalloc(k->count, sizeof(*k->frames));
	for (size_t i = 0; i < k->count; i++) {
		const struct place *place = &s->places.items[i];
		k->frames[i] = place->function ? function_frame(s, o, place)
					       : nameless_frame(s, &k->site, place);
	}
}

/* Without a name yet if it is new. */
static struct known_site *find_site(struct symbols *s, const struct process *p, uint64_t address,
				    uint64_t ns)
{
	const struct module *m = process_module(p, address ? address - 1 : 0, ns);
	struct site site;
	struct known_site *k;

	memset(&site, 0, sizeof(site)); /* a key has no undefined bytes */
	site.address = address;
	if (m && m->path[0]) {
		site.object = find_object(s, m);
		site.address = address - m->load_bias;
	}
	HASH_FIND(hh, s->sites, &site, sizeof(site), k);
	if (!k) {
		k = xcalloc(1, sizeof(*k));
		k->site = site;
		HASH_ADD(hh, s->sites, site, sizeof(site), k);
	}
	return k;
}

/* The frames of all addresses, outermost first. */
static void name_stack(struct symbols *s, struct known_stack *k, const struct stack *stack)
{
	size_t room = stack->depth;

	k->frames = xcalloc(room + 1, sizeof(*k->frames));
	for (uint32_t i = stack->depth; i-- > 0;) {
		struct known_site *site = find_site(s, k->key.process, stack->addresses[i],
						    stack->first_seen_ns);
		if (!site->count)
			name_site(s, site);
		if (k->count + site->count + i > room) {
			room = 2 * (k->count + site->count + i);
			k->frames = xreallocarray(k->frames, room, sizeof(*k->frames));
		}
		for (size_t j = site->count; j-- > 0;)
			k->frames[k->count++] = site->frames[j];
	}
	if (!s->options->full_stacks)
		frames_mark_outer(s->frames, k->frames, k->count);
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
		if (stack)
			name_stack(s, k, stack);
		HASH_ADD(hh, s->stacks, key, sizeof(key), k);
	}
	*count = k->count;
	return k->frames;
}

static int compare_sites(const void *left, const void *right)
{
	const struct site *a = &(*(struct known_site *const *)left)->site;
	const struct site *b = &(*(struct known_site *const *)right)->site;

	if (a->object != b->object)
		return (uintptr_t)a->object < (uintptr_t)b->object ? -1 : 1;
	return a->address < b->address ? -1 : a->address > b->address;
}

void symbols_prepare(struct symbols *s, const struct stack_reference *stacks, size_t count)
{
	struct known_site **sites = NULL;
	size_t site_count = 0, room = 0;

	for (size_t i = 0; i < count; i++) {
		const struct stack *stack = process_stack(stacks[i].process, stacks[i].stack_id);
		for (uint32_t j = 0; stack && j < stack->depth; j++) {
			struct known_site *k = find_site(s, stacks[i].process, stack->addresses[j],
							 stack->first_seen_ns);
			if (k->count || k->listed)
				continue;
			k->listed = true;
			sites = xgrow(sites, site_count, &room, sizeof(struct known_site *));
			sites[site_count++] = k;
		}
	}
	if (site_count)
		qsort(sites, site_count, sizeof(struct known_site *), compare_sites);
	for (size_t i = 0; i < site_count; i++) {
		struct object *o = sites[i]->site.object;
		name_site(s, sites[i]);
		if (o && (i + 1 == site_count || sites[i + 1]->site.object != o))
			o->source->unload(o->names);
	}
	free(sites);
}

struct name_origin symbols_module_origin(struct symbols *s, const struct process *p,
					 const struct module *m)
{
	if (!m->path[0])
		return (struct name_origin){ .words = "no file" };
	struct object *o = find_object(s, m);
	return o->source->origin(o->names);
}

const char *symbols_module_advice(struct symbols *s, const struct process *p,
				  const struct module *m, char *buffer)
{
	if (!m->path[0])
		return NULL;
	struct object *o = find_object(s, m);
	return o->source->advice(o->names, buffer);
}

int symbols_save(struct symbols *s, const char *folder, bool anonymous)
{
	int error = 0;

	for (struct object *o = s->objects; o && !error; o = o->hh.next)
		error = o->source->save(o->names, folder, anonymous);
	return error;
}
