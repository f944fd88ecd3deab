/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches the loaded objects as the loader does. */
#include "preload/scope.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "preload/dynsym.h"
#include "preload/modules.h"

/* Objects of one tree of dependencies that are looked at. */
#define TREE_MAX 256u

static const struct link_map *self, *last_at_start;

void scope_init(void)
{
	self = scope_object((const uint8_t *)scope_init + 1);
	for (const struct link_map *m = self; m; m = m->l_next)
		last_at_start = m;
}

const struct link_map *scope_self(void)
{
	return self;
}

const struct link_map *scope_object(const void *return_address)
{
	void *address = (uint8_t *)return_address - 1;
	const struct link_map *map = modules_link_map((uintptr_t)address);
	Dl_info info;

	/* Before glibc 2.35: takes the loader's lock, which generated code must not wait for. */
	if (!map && !modules_can_find() &&
	    !dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP))
		return NULL;
	return map;
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

const struct link_map *scope_tree(const struct link_map *root, const char *name,
				  const char *version)
{
	const struct link_map *list = list_of(root);
	struct tree t = { .count = 0 };

	add_object(&t, root);
	for (uint32_t i = 0; i < t.count; i++) {
		const char *needed;
		if (t.objects[i] != self && dynsym_find(t.objects[i], name, version))
			return t.objects[i];
		for (uint32_t n = 0; (needed = dynsym_needed(t.objects[i], n)); n++)
			add_object(&t, needed_object(list, needed));
	}
	return NULL;
}

/* Binding */

/* From us on to the last object that was there at the start, or to the end of the list. */
static const struct link_map *search_list(const char *name, const char *version, bool all)
{
	const struct link_map *end = all || !last_at_start ? NULL : last_at_start->l_next;

	for (const struct link_map *m = self ? self->l_next : NULL; m && m != end; m = m->l_next)
		if (dynsym_find(m, name, version))
			return m;
	return NULL;
}

const struct link_map *scope_bind(const struct link_map *const *objects, size_t count,
				  const char *name, const char **version)
{
	size_t referring = 0;

	*version = NULL;
	while (referring < count && !dynsym_refers(objects[referring], name, version))
		referring++;
	const struct link_map *found = search_list(name, *version, false);
	/* An object that was loaded for another one finds what that one needs. */
	for (size_t i = referring < count ? referring : 0; i < count && !found; i++)
		found = scope_tree(objects[i], name, *version);
	/* At last what was loaded for all (RTLD_GLOBAL), or in a way that we do not know. */
	return found ? found : search_list(name, *version, true);
}
