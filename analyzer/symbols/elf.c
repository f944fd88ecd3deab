/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Function names from ELF symbol tables. */
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/symbols/source.h"
#include "analyzer/util/alloc.h"

struct symbol {
	uint64_t start, end;
	uint64_t reach;   /* the largest end of this and all symbols before it */
	const char *name; /* in the Elf's string table, up to its version */
	uint8_t binding, type;
	bool sized;
};

struct elf_names {
	Elf *elf;
	struct symbol *symbols;
	size_t count, room;
};

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

static void add_symbol(struct elf_names *e, const GElf_Sym *sym, const char *name)
{
	e->symbols = xgrow(e->symbols, e->count, &e->room, sizeof(*e->symbols));
	uint64_t end = sym->st_value + sym->st_size;
	e->symbols[e->count++] = (struct symbol){
		.start = sym->st_value,
		.end = end < sym->st_value ? UINT64_MAX : end,
		.name = name,
		.binding = GELF_ST_BIND(sym->st_info),
		.type = GELF_ST_TYPE(sym->st_info),
		.sized = sym->st_size != 0,
	};
}

static void read_table(struct elf_names *e, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym sym;

	if (!data || !header->sh_entsize)
		return;
	size_t count = data->d_size / header->sh_entsize;
	for (size_t i = 0; i < count && gelf_getsym(data, (int)i, &sym); i++) {
		if (!is_function(&sym))
			continue;
		const char *name = elf_strptr(e->elf, header->sh_link, sym.st_name);
		if (is_name(name))
			add_symbol(e, &sym, name);
	}
}

static bool read_tables(struct elf_names *e, uint32_t type)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(e->elf, section))) {
		if (gelf_getshdr(section, &header) && header.sh_type == type)
			read_table(e, section, &header);
	}
	return e->count > 0;
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
static void sort_symbols(struct elf_names *e)
{
	uint64_t reach = 0, next_start = UINT64_MAX;

	qsort(e->symbols, e->count, sizeof(*e->symbols), compare_symbols);
	for (size_t i = e->count; i-- > 0;) {
		struct symbol *s = &e->symbols[i];
		if (i + 1 < e->count && s[1].start != s->start)
			next_start = s[1].start;
		if (s->sized)
			continue;
		s->end = code_end(e->elf, s->start);
		if (next_start < s->end)
			s->end = next_start;
	}
	for (size_t i = 0; i < e->count; i++) {
		if (e->symbols[i].end > reach)
			reach = e->symbols[i].end;
		e->symbols[i].reach = reach;
	}
}

static bool same_build(Elf *elf, const struct module *m)
{
	const void *id;
	ssize_t bytes = dwelf_elf_gnu_build_id(elf, &id);

	if (!m->build_id_bytes)
		return true; /* nothing to compare with */
	return bytes == (ssize_t)m->build_id_bytes && memcmp(id, m->build_id, (size_t)bytes) == 0;
}

static void close_names(void *source)
{
	struct elf_names *e = source;

	elf_end(e->elf);
	free(e->symbols);
	free(e);
}

/* Takes the open file; everything needed has been read from it when this returns. */
static struct elf_names *read_names(int fd, const struct module *m, const char **words)
{
	struct elf_names *e = xcalloc(1, sizeof(*e));

	elf_version(EV_CURRENT);
	/* Not mapped: a file that shrinks meanwhile must not end us by SIGBUS. */
	e->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!e->elf || elf_kind(e->elf) != ELF_K_ELF)
		*words = "not an ELF file";
	else if (!same_build(e->elf, m))
		*words = "changed since recorded";
	else if (read_tables(e, SHT_SYMTAB))
		*words = "symbol table";
	else if (read_tables(e, SHT_DYNSYM))
		*words = "dynamic symbols";
	else
		*words = "no symbols";
	if (e->count) {
		sort_symbols(e);
		return e;
	}
	close_names(e);
	return NULL;
}

static void *open_names(const struct module *m, const struct symbols_options *options,
			const char **words)
{
	struct stat status;

	if (m->path[0] != '/') {
		*words = "no file";
		return NULL;
	}
	/* O_NONBLOCK: a FIFO in the file's place must not hang us. */
	int fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		*words = "file cannot be read";
		return NULL;
	}
	struct elf_names *e = NULL;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		e = read_names(fd, m, words);
	else
		*words = "not a file";
	close(fd);
	return e;
}

/* Index of the last symbol that starts at or before address; count if none does. */
static size_t last_before(const struct elf_names *e, uint64_t address)
{
	size_t low = 0, high = e->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (e->symbols[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : e->count;
}

static void lookup_name(void *source, uint64_t address, struct places *places)
{
	const struct elf_names *e = source;
	size_t i = last_before(e, address);

	if (i == e->count)
		return;
	/* Mostly the first; functions within functions need the steps back. */
	for (i++; i-- > 0 && e->symbols[i].reach > address;) {
		if (e->symbols[i].end > address) {
			places_add(places, (struct place){ .function = e->symbols[i].name });
			return;
		}
	}
}

const struct source_ops elf_source = {
	.open = open_names,
	.lookup = lookup_name,
	.close = close_names,
};
