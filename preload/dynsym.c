/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds exported functions by address, in the symbol tables that the loader mapped. */
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

	if (!t.symbols || !t.names || !t.gnu_hash)
		return NULL;
	uint32_t count = symbol_count(t.gnu_hash);
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
