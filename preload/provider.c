/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches the loaded objects for functions. */
#include "preload/provider.h"

#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "preload/dynsym.h"
#include "preload/scope.h"
#include "preload/unwind.h"

/* Frames that are looked at for an object that refers to the function. */
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

/* Searches */

struct search {
	const struct provider_kind *kind;
	uint32_t name;
	const struct link_map *objects[CALLERS_MAX]; /* that the stack is in, from the caller outwards */
	size_t count;
	struct provider *found;
};

/* The loader's lists do not change while it runs this (dl_iterate_phdr(3)): once is enough. */
static int search_loaded(struct dl_phdr_info *info, size_t bytes, void *data)
{
	const struct search *s = data;
	const char *const *names = s->kind->names, *version;
	const struct link_map *library = scope_bind(s->objects, s->count, names[s->name], &version);

	if (!library)
		return 1;
	for (uint32_t i = 0; i < s->kind->count; i++) {
		/* Libraries keep their versions together: what asks for one function means all. */
		const struct link_map *m = scope_tree(library, names[i], NULL);
		s->found->functions[i] = m ? dynsym_find(m, names[i], NULL) : NULL;
	}
	s->found->functions[s->name] = dynsym_find(library, names[s->name], version);
	s->found->library = loaded_of(library);
	return 1;
}

static void search(struct provider_kind *kind, uint32_t name, const struct frame *caller,
		   struct provider *found)
{
	struct search s = { .kind = kind, .name = name, .found = found };
	uintptr_t callers[CALLERS_MAX];
	struct unwind_end end;
	size_t depth = unwind_stack(caller, callers, CALLERS_MAX, &end);

	for (size_t i = 0; i < depth; i++) {
		const struct link_map *object = scope_object((const void *)callers[i]);
		if (object && object != scope_self() &&
		    (!s.count || s.objects[s.count - 1] != object))
			s.objects[s.count++] = object;
	}
	dl_iterate_phdr(search_loaded, &s);
}

/* Is this object still what it was?  The place of one that was unloaded may be another's. */
static bool is_loaded(const struct provider *p, uint32_t name)
{
	struct loaded now = loaded_of(scope_object((const uint8_t *)p->functions[name] + 1));

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
	const struct link_map *object = scope_object((const void *)caller->return_address);
	uintptr_t callers[CALLERS_MAX];
	struct unwind_end end;

	*from_us = object && object == scope_self();
	if (!*from_us)
		return object;
	size_t depth = unwind_stack(caller, callers, CALLERS_MAX, &end);
	for (size_t i = 0; i < depth && object == scope_self(); i++)
		object = scope_object((const void *)callers[i]);
	return object;
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
