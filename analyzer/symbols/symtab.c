/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Function names from ELF symbol tables. */
#include "analyzer/symbols/symtab.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/symbols/ranges.h"
#include "analyzer/util/alloc.h"

struct symbol {
	uint64_t start, end;
	const char *name; /* in the Elf's string table, up to its version */
	Elf *elf;
	uint8_t binding, type;
	bool sized;
};

struct symtab {
	struct symbol *symbols;
	size_t count, room;
	struct ranges ranges; /* holder: the symbol's index */
};

struct symtab *symtab_new(void)
{
	return xcalloc(1, sizeof(struct symtab));
}

void symtab_free(struct symtab *t)
{
	if (!t)
		return;
	ranges_free(&t->ranges);
	free(t->symbols);
	free(t);
}

/* The end of the executable section that holds an address; 0 if none does. */
static uint64_t code_end(Elf *elf, uint64_t address)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (gelf_getshdr(section, &header) && (header.sh_flags & SHF_EXECINSTR) &&
		    address >= header.sh_addr && address - header.sh_addr < header.sh_size)
			return header.sh_addr + header.sh_size;
	}
	return 0;
}

static bool is_function(const GElf_Sym *sym)
{
	int type = GELF_ST_TYPE(sym->st_info);

	/* Assembler code often leaves the type out; its data is told apart by code_end(). */
	return sym->st_shndx != SHN_UNDEF &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

/* Labels the compiler made, and aarch64's mapping symbols ($x, $d), name no function. */
static bool is_name(const char *name)
{
	return name && *name && *name != '$' && strncmp(name, ".L", 2) != 0;
}

static void add_symbol(struct symtab *t, Elf *elf, const GElf_Sym *sym, const char *name)
{
	t->symbols = xgrow(t->symbols, t->count, &t->room, sizeof(*t->symbols));
	uint64_t end = sym->st_value + sym->st_size;
	t->symbols[t->count++] = (struct symbol){
		.start = sym->st_value,
		.end = end < sym->st_value ? UINT64_MAX : end,
		.name = name,
		.elf = elf,
		.binding = GELF_ST_BIND(sym->st_info),
		.type = GELF_ST_TYPE(sym->st_info),
		.sized = sym->st_size != 0,
	};
}

static void read_table(struct symtab *t, Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym sym;

	if (!data || !header->sh_entsize)
		return;
	size_t count = data->d_size / header->sh_entsize;
	for (size_t i = 0; i < count && gelf_getsym(data, (int)i, &sym); i++) {
		if (!is_function(&sym))
			continue;
		const char *name = elf_strptr(elf, header->sh_link, sym.st_name);
		if (is_name(name))
			add_symbol(t, elf, &sym, name);
	}
}

void symtab_read(struct symtab *t, Elf *elf, uint32_t type)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (gelf_getshdr(section, &header) && header.sh_type == type)
			read_table(t, elf, section, &header);
	}
}

static int leading_underscores(const char *name)
{
	return (int)strspn(name, "_");
}

static int binding_rank(const struct symbol *s)
{
	return s->binding == STB_GLOBAL ? 0 : s->binding == STB_WEAK ? 1 : 2;
}

/* By address; of several names for one, the one a person would use comes last. */
static int compare_symbols(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->sized != b->sized)
		return a->sized ? 1 : -1;
	if ((a->type == STT_NOTYPE) != (b->type == STT_NOTYPE))
		return a->type == STT_NOTYPE ? -1 : 1;
	/* send, not __send; but both before an accidental local name. */
	if ((binding_rank(a) == 2) != (binding_rank(b) == 2))
		return binding_rank(a) == 2 ? -1 : 1;
	if (leading_underscores(a->name) != leading_underscores(b->name))
		return leading_underscores(b->name) - leading_underscores(a->name);
	if (binding_rank(a) != binding_rank(b))
		return binding_rank(b) - binding_rank(a);
	if (strlen(a->name) != strlen(b->name))
		return strlen(a->name) < strlen(b->name) ? -1 : 1;
	return strcmp(b->name, a->name);
}

/* A symbol without a size lasts until the next one, at most to the end of its section. */
void symtab_finish(struct symtab *t)
{
	uint64_t next_start = UINT64_MAX;

	if (t->count)
		qsort(t->symbols, t->count, sizeof(*t->symbols), compare_symbols);
	for (size_t i = t->count; i-- > 0;) {
		struct symbol *s = &t->symbols[i];
		if (i + 1 < t->count && s[1].start != s->start)
			next_start = s[1].start;
		if (!s->sized) {
			s->end = code_end(s->elf, s->start);
			if (next_start < s->end)
				s->end = next_start;
		}
		ranges_add(&t->ranges, s->start, s->end, i);
	}
	ranges_sort(&t->ranges);
}

const char *symtab_find(const struct symtab *t, uint64_t address)
{
	size_t symbol;

	return ranges_find(&t->ranges, address, &symbol) ? t->symbols[symbol].name : NULL;
}
