/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches the loaded objects for functions. */
#include "preload/provider.h"

#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "preload/dynsym.h"
#include "preload/modules.h"
#include "preload/unwind.h"

/* Objects of one tree of dependencies that are looked at. */
#define TREE_MAX 256u
/* Callers of the caller that are asked where it is of no object that needs the library. */
#define CALLERS_MAX 16u

/* 64-bit FNV-1a (draft-eastlake-fnv). */
static uint64_t hash_name(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;

	while (*name)
		hash = (hash ^ (uint8_t)*name++) * 0x100000001b3u;
	return hash;
}

static struct loaded loaded_of(const struct link_map *map)
{
	return map ? (struct loaded){ map, map->l_addr, hash_name(map->l_name) } :
		     (struct loaded){ 0 };
}

static bool same(const struct loaded *a, const struct loaded *b)
{
	return a->map == b->map && a->bias == b->bias && a->name_hash == b->name_hash;
}

static const struct link_map *ourselves(void)
{
	return modules_link_map((uintptr_t)provider_find);
}

/* Trees of dependencies */

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The loader's list that holds map, from its first entry. */
static const struct link_map *list_of(const struct link_map *map)
{
	while (map->l_prev)
		map = map->l_prev;
	return map;
}

/* The loaded object that a DT_NEEDED names; NULL if there is none. */
static const struct link_map *needed_object(const struct link_map *list, const char *needed)
{
	bool is_path = strchr(needed, '/') != NULL;

	for (const struct link_map *m = list; m; m = m->l_next) {
		const char *soname = dynsym_soname(m);
		if (soname && strcmp(soname, needed) == 0)
			return m;
		if (strcmp(is_path ? m->l_name : last_component(m->l_name), needed) == 0)
			return m;
	}
	return NULL;
}

struct tree {
	const struct link_map *objects[TREE_MAX]; /* breadth first */
	uint32_t count;
};

static void add_object(struct tree *t, const struct link_map *map)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->objects[i] == map)
			return;
	if (map && t->count < TREE_MAX)
		t->objects[t->count++] = map;
}

/* The first object in root's tree that has the function, but for ourselves. */
static const struct link_map *search_tree(const struct link_map *root, const char *name)
{
	const struct link_map *list = list_of(root), *self = ourselves();
	struct tree t = { .count = 0 };

	add_object(&t, root);
	for (uint32_t i = 0; i < t.count; i++) {
		const char *needed;
		if (t.objects[i] != self && dynsym_find(t.objects[i], name))
			return t.objects[i];
		for (uint32_t n = 0; (needed = dynsym_needed(t.objects[i], n)); n++)
			add_object(&t, needed_object(list, needed));
	}
	return NULL;
}

/* Searches */

struct search {
	struct provider_kind *kind;
	uint32_t name;
	const struct frame *caller;
	struct provider *found; /* its library.map is NULL if there is none */
};

/*
 * The library that the caller means.  One that is in no object, or whose object needs no such
 * library, was called from one that does: a wrapper that ended by jumping to us has
 * left no frame.  At last, the first one that is loaded.
 */
static const struct link_map *find_library(const struct search *s)
{
	const char *name = s->kind->names[s->name];
	uintptr_t callers[CALLERS_MAX];
	const struct link_map *self = ourselves(), *found;
	bool cut_short;
	size_t depth = unwind_stack(s->caller, callers, CALLERS_MAX, &cut_short);

	for (size_t i = 0; i < depth; i++) {
		const struct link_map *map = modules_link_map(callers[i] - 1);
		found = map ? search_tree(map, name) : NULL;
		if (found)
			return found;
	}
	for (const struct link_map *m = self ? list_of(self) : NULL; m; m = m->l_next)
		if (m != self && dynsym_find(m, name))
			return m;
	return NULL;
}

/* The loader's lists do not change while it runs this (dl_iterate_phdr(3)): once is enough. */
static int search_loaded(struct dl_phdr_info *info, size_t bytes, void *data)
{
	const struct search *s = data;
	const struct link_map *library = find_library(s);

	for (uint32_t i = 0; i < s->kind->count && library; i++) {
		const struct link_map *m = search_tree(library, s->kind->names[i]);
		s->found->functions[i] = m ? dynsym_find(m, s->kind->names[i]) : NULL;
	}
	s->found->library = loaded_of(library);
	return 1;
}

/* Is this object still what it was?  The place of one that was unloaded may be another's. */
static bool is_loaded(const struct provider *p, uint32_t name)
{
	struct loaded now = loaded_of(modules_link_map((uintptr_t)p->functions[name]));

	return same(&p->library, &now);
}

/* Writers take a place each, and fill it before they say so: none waits for another. */
static void remember(struct provider_kind *kind, const struct provider *p)
{
	uint32_t place = __atomic_load_n(&kind->taken, __ATOMIC_RELAXED);

	do {
		if (place >= PROVIDERS_MAX)
			return;
	} while (!__atomic_compare_exchange_n(&kind->taken, &place, place + 1, true,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	kind->providers[place] = *p;
	__atomic_store_n(&kind->providers[place].written, true, __ATOMIC_RELEASE);
}

static const struct provider *known(const struct provider_kind *kind, uint32_t name,
				    const struct loaded *caller)
{
	uint32_t count = __atomic_load_n(&kind->taken, __ATOMIC_RELAXED);

	for (uint32_t i = count; i > 0; i--) { /* the newest first: it replaces those that are gone */
		const struct provider *p = &kind->providers[i - 1];
		if (__atomic_load_n(&p->written, __ATOMIC_ACQUIRE) && same(&p->caller, caller) &&
		    p->functions[name] && is_loaded(p, name))
			return p;
	}
	return NULL;
}

const struct provider *provider_find(struct provider_kind *kind, uint32_t name,
				     const struct frame *caller, struct provider *spare)
{
	struct loaded object = loaded_of(modules_link_map(caller->return_address - 1));
	const struct provider *p = known(kind, name, &object);
	int error = errno;

	if (p)
		return p;
	*spare = (struct provider){ .caller = object };
	dl_iterate_phdr(search_loaded, &(struct search){ kind, name, caller, spare });
	errno = error;
	if (!spare->functions[name])
		return NULL;
	if (object.map)
		remember(kind, spare);
	return spare;
}
