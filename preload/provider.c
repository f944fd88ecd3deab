/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches the loaded objects for functions. */
#include "preload/provider.h"

#include <dlfcn.h>
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
/* Frames that are looked at for an object that needs the library: wrappers may come between. */
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

/* The object that holds the instruction before a return address; not to be used in a search. */
static const struct link_map *object_of(uintptr_t return_address)
{
	const struct link_map *map = modules_link_map(return_address - 1);
	Dl_info info;

	/* Before glibc 2.35, and for addresses that are in no object. */
	if (!map && !dladdr1((void *)(return_address - 1), &info, (void **)&map, RTLD_DL_LINKMAP))
		return NULL;
	return map;
}

static const struct link_map *ourselves(void)
{
	static const struct link_map *self;
	const struct link_map *found = __atomic_load_n(&self, __ATOMIC_RELAXED);

	if (!found) {
		found = object_of((uintptr_t)provider_find + 1);
		__atomic_store_n(&self, found, __ATOMIC_RELAXED);
	}
	return found;
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
	const struct provider_kind *kind;
	uint32_t name;
	const struct link_map *roots[CALLERS_MAX]; /* objects that the stack is in, innermost first */
	size_t count;
	struct provider *found;
};

/*
 * The library that the caller means.  One that is in no object, or whose object needs no such
 * library, was called from one that does: a wrapper that ended by jumping to us has
 * left no frame.  At last, the first one that is loaded.
 */
static const struct link_map *find_library(const struct search *s)
{
	const char *name = s->kind->names[s->name];
	const struct link_map *self = ourselves(), *found = NULL;

	for (size_t i = 0; i < s->count && !found; i++)
		found = search_tree(s->roots[i], name);
	if (found)
		return found;
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
	struct loaded now = loaded_of(object_of((uintptr_t)p->functions[name] + 1));

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

/*
 * Whose call it is.  A function of the library that ends by jumping to another one leaves us, who
 * called it, as the caller: then it is the call of whoever called us.
 */
static const struct link_map *calling_object(const struct frame *caller, bool *from_us)
{
	const struct link_map *object = object_of(caller->return_address), *self = ourselves();
	uintptr_t callers[CALLERS_MAX];
	bool cut_short;

	*from_us = object && object == self;
	if (!*from_us)
		return object;
	size_t depth = unwind_stack(caller, callers, CALLERS_MAX, &cut_short);
	for (size_t i = 0; i < depth && object == self; i++)
		object = object_of(callers[i]);
	return object;
}

static void search(struct provider_kind *kind, uint32_t name, const struct frame *caller,
		   struct provider *found)
{
	struct search s = { .kind = kind, .name = name, .found = found };
	uintptr_t callers[CALLERS_MAX];
	bool cut_short;
	size_t depth = unwind_stack(caller, callers, CALLERS_MAX, &cut_short);

	for (size_t i = 0; i < depth; i++) {
		const struct link_map *object = object_of(callers[i]);
		if (object && object != ourselves() &&
		    (!s.count || s.roots[s.count - 1] != object))
			s.roots[s.count++] = object;
	}
	dl_iterate_phdr(search_loaded, &s);
}

static const struct provider *find(struct provider_kind *kind, uint32_t name,
				   const struct frame *caller, const struct link_map *object,
				   struct provider *spare)
{
	struct loaded from = loaded_of(object);
	const struct provider *p = known(kind, name, &from);

	if (p)
		return p;
	*spare = (struct provider){ .caller = from };
	search(kind, name, caller, spare);
	if (!spare->functions[name])
		return NULL;
	spare->internal = same(&spare->caller, &spare->library);
	if (object)
		remember(kind, spare);
	return spare;
}

const struct provider *provider_find(struct provider_kind *kind, uint32_t name,
				     const struct frame *caller, struct provider *spare)
{
	int error = errno;
	bool from_us;
	const struct link_map *object = calling_object(caller, &from_us);
	const struct provider *p = find(kind, name, caller, object, spare);

	if (p && from_us) {
		*spare = *p;
		spare->internal = true;
		p = spare;
	}
	errno = error;
	return p;
}
