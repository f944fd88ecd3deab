/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the symbol tables that the loader mapped. */
#include "preload/dynsym.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

#include "preload/modules.h"
#include "preload/text.h"

struct tables {
	const ElfW(Sym) *symbols;
	const char *names;
	const uint32_t *gnu_hash;
	const uint32_t *hash;       /* the older kind: buckets, how many symbols, ... */
	const ElfW(Half) *versions; /* of the symbols: indexes of the two below; NULL without any */
	const ElfW(Verneed) *needed;
	const ElfW(Verdef) *defined;
};

/* glibc relocates these entries in place, but not in the vDSO, whose are read-only. */
static uintptr_t relocated(const struct link_map *map, uintptr_t value)
{
	return value < map->l_addr ? map->l_addr + value : value;
}

static struct tables tables_of(const struct link_map *map)
{
	struct tables t = { 0 };

	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++) {
		uintptr_t at = relocated(map, d->d_un.d_ptr);
		if (d->d_tag == DT_SYMTAB)
			t.symbols = (const ElfW(Sym) *)at;
		else if (d->d_tag == DT_STRTAB)
			t.names = (const char *)at;
		else if (d->d_tag == DT_GNU_HASH)
			t.gnu_hash = (const uint32_t *)at;
		else if (d->d_tag == DT_HASH)
			t.hash = (const uint32_t *)at;
		else if (d->d_tag == DT_VERSYM)
			t.versions = (const ElfW(Half) *)at;
		else if (d->d_tag == DT_VERNEED)
			t.needed = (const ElfW(Verneed) *)at;
		else if (d->d_tag == DT_VERDEF)
			t.defined = (const ElfW(Verdef) *)at;
	}
	return t;
}

/* One more than the last symbol that the hash table knows: ELF tells the count nowhere else. */
static uint32_t symbol_count(const uint32_t *gnu_hash)
{
	uint32_t buckets = gnu_hash[0], first = gnu_hash[1], bloom_words = gnu_hash[2];
	const uint32_t *bucket = (const uint32_t *)((const uint64_t *)(gnu_hash + 4) + bloom_words);
	const uint32_t *chain = bucket + buckets;
	uint32_t last = 0;

	for (uint32_t i = 0; i < buckets; i++)
		if (bucket[i] > last)
			last = bucket[i];
	if (last < first)
		return first;
	while (!(chain[last - first] & 1))
		last++;
	return last + 1;
}

static const char *find(const struct link_map *map, uintptr_t address)
{
	struct tables t = tables_of(map);

	if (!t.symbols || !t.names || (!t.gnu_hash && !t.hash))
		return NULL;
	uint32_t count = t.gnu_hash ? symbol_count(t.gnu_hash) : t.hash[1];
	for (uint32_t i = 1; i < count; i++) {
		const ElfW(Sym) *s = &t.symbols[i];
		uintptr_t start = map->l_addr + s->st_value;
		if (s->st_shndx != SHN_UNDEF && (s->st_info & 0xf) == STT_FUNC &&
		    address >= start && address - start < s->st_size)
			return t.names + s->st_name;
	}
	return NULL;
}

void dynsym_name(uintptr_t address, char *name, size_t size)
{
	struct text t = text_into(name, size);
	const struct link_map *map = modules_link_map(address);
	const char *symbol = map ? find(map, address) : NULL;
	const char *path = map && map->l_name[0] ? map->l_name : "program";
	const char *slash = strrchr(path, '/');

	if (symbol) {
		text_add(&t, symbol);
		return;
	}
	if (map) {
		text_add(&t, slash ? slash + 1 : path);
		text_add(&t, "+");
		address -= map->l_addr;
	}
	text_add(&t, "0x");
	text_add_base(&t, address, 16);
}

/* The hash of DT_GNU_HASH (gABI, "Hash Table"; Bernstein's). */
static uint32_t gnu_hash_of(const char *name)
{
	uint32_t hash = 5381;

	while (*name)
		hash = hash * 33 + (uint8_t)*name++;
	return hash;
}

/* In an index of versions: this one is for those who ask for it by name. */
#define VERSION_HIDDEN 0x8000u
/* Indexes of no version: local, and global without one (LSB, "Symbol Versioning"). */
#define VERSION_GLOBAL 1u

static const void *after(const void *p, size_t bytes)
{
	return (const uint8_t *)p + bytes;
}

/* The version that a reference asks for; NULL: none in particular. */
static const char *needed_version(const struct tables *t, uint32_t index)
{
	uint32_t wanted = t->versions ? t->versions[index] & ~VERSION_HIDDEN : 0;

	for (const ElfW(Verneed) *n = wanted > VERSION_GLOBAL ? t->needed : NULL; n;
	     n = n->vn_next ? after(n, n->vn_next) : NULL)
		for (const ElfW(Vernaux) *a = after(n, n->vn_aux); a;
		     a = a->vna_next ? after(a, a->vna_next) : NULL)
			if (a->vna_other == wanted)
				return t->names + a->vna_name;
	return NULL;
}

/* Whether a definition is of this version, as the loader sees it; of an object without any, all are. */
static bool is_version(const struct tables *t, uint32_t index, const char *version)
{
	uint32_t has = t->versions ? t->versions[index] & ~VERSION_HIDDEN : 0;

	if (!version)
		return !t->versions || !(t->versions[index] & VERSION_HIDDEN);
	for (const ElfW(Verdef) *d = t->versions ? t->defined : NULL; d;
	     d = d->vd_next ? after(d, d->vd_next) : NULL) {
		const ElfW(Verdaux) *name = after(d, d->vd_aux);
		if (d->vd_ndx == has)
			return strcmp(t->names + name->vda_name, version) == 0;
	}
	return !t->versions || !t->defined;
}

/* The symbol with this index if it is this function or this object of data; else NULL. */
static const ElfW(Sym) *exported(const struct tables *t, uint32_t index, const char *name,
				 const char *version)
{
	const ElfW(Sym) *s = &t->symbols[index];
	unsigned int type = s->st_info & 0xf;

	return s->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_OBJECT) &&
	       strcmp(t->names + s->st_name, name) == 0 && is_version(t, index, version) ? s : NULL;
}

/* Objects without the newer kind of table are few: all their symbols are looked at. */
static const ElfW(Sym) *find_slowly(const struct tables *t, const char *name, const char *version)
{
	const ElfW(Sym) *found = NULL;

	for (uint32_t i = 1; i < t->hash[1] && !found; i++)
		found = exported(t, i, name, version);
	return found;
}

static const ElfW(Sym) *find_symbol(const struct link_map *map, const char *name,
				    const char *version)
{
	struct tables t = tables_of(map);

	if (!t.symbols || !t.names)
		return NULL;
	if (!t.gnu_hash || !t.gnu_hash[0])
		return t.hash ? find_slowly(&t, name, version) : NULL;
	uint32_t buckets = t.gnu_hash[0], first = t.gnu_hash[1], bloom_words = t.gnu_hash[2];
	const uint32_t *bucket = (const uint32_t *)((const uint64_t *)(t.gnu_hash + 4) + bloom_words);
	const uint32_t *chain = bucket + buckets;
	uint32_t hash = gnu_hash_of(name), i = bucket[hash % buckets];
	const ElfW(Sym) *found = NULL;

	for (bool last = i < first; !last && !found; i++) {
		if ((chain[i - first] | 1) == (hash | 1))
			found = exported(&t, i, name, version);
		last = chain[i - first] & 1;
	}
	return found;
}

void *dynsym_find(const struct link_map *map, const char *name, const char *version)
{
	const ElfW(Sym) *s = find_symbol(map, name, version);

	return s && (s->st_info & 0xf) == STT_FUNC ? (void *)(map->l_addr + s->st_value) : NULL;
}

void *dynsym_data(const struct link_map *map, const char *name, size_t *bytes)
{
	const ElfW(Sym) *s = find_symbol(map, name, NULL);

	if (!s)
		return NULL;
	if (bytes)
		*bytes = s->st_size;
	return (void *)(map->l_addr + s->st_value);
}

bool dynsym_refers(const struct link_map *map, const char *name, const char **version)
{
	struct tables t = tables_of(map);

	if (!t.symbols || !t.names || (!t.gnu_hash && !t.hash))
		return false;
	/* What is not defined is in front of what the newer table lists. */
	uint32_t count = t.gnu_hash ? t.gnu_hash[1] : t.hash[1];
	for (uint32_t i = 1; i < count; i++)
		if (t.symbols[i].st_shndx == SHN_UNDEF &&
		    strcmp(t.names + t.symbols[i].st_name, name) == 0) {
			*version = needed_version(&t, i);
			return true;
		}
	return false;
}

/* The n-th entry of this kind in the dynamic section, a name; NULL if there are fewer. */
static const char *dynamic_name(const struct link_map *map, ElfW(Sxword) tag, uint32_t n)
{
	const char *names = tables_of(map).names;

	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL && names; d++)
		if (d->d_tag == tag && n-- == 0)
			return names + d->d_un.d_val;
	return NULL;
}

const char *dynsym_soname(const struct link_map *map)
{
	return dynamic_name(map, DT_SONAME, 0);
}

const char *dynsym_needed(const struct link_map *map, uint32_t n)
{
	return dynamic_name(map, DT_NEEDED, n);
}
