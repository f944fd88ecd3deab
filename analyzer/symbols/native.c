/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names from ELF files.  Of what is found about a module the best is used: DWARF, its symbol
 * table, a symbol table in mini debug info, exported names; and the cache, if what
 * it knows comes from nothing worse.  An archive knows all, and nothing else is asked then.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/symbols/cache.h"
#include "analyzer/symbols/debugfile.h"
#include "analyzer/symbols/dwarf.h"
#include "analyzer/symbols/minidebug.h"
#include "analyzer/symbols/package.h"
#include "analyzer/symbols/source.h"
#include "analyzer/symbols/store.h"
#include "analyzer/symbols/symtab.h"
#include "analyzer/util/alloc.h"

/* From the worst to the best. */
enum quality { NOTHING, EXPORTED, MINIMAL, SYMBOLS, LINES };

static const char *const quality_words[] = {
	[NOTHING] = "no symbols",
	[EXPORTED] = "exported names only",
	[MINIMAL] = "mini debug info",
	[SYMBOLS] = "symbol table",
	[LINES] = "DWARF",
};

struct native {
	const struct module *module;
	const struct symbols_options *options;
	char *debug_path;      /* the file with its debug data, if that is another */
	const char *missing;   /* why the module itself is not used; NULL: it is */
	enum quality quality;  /* of what lies in these files */
	struct store *known;
	enum quality known_quality; /* of what was in the cache */
	bool archived;         /* known is of an archive */
	bool asked_servers;
	/* While loaded; only then are files open, as there may be more modules than descriptors. */
	bool loaded;
	struct elf_file file;  /* the module itself */
	struct elf_file debug;
	struct symtab *symtab;
	Elf *mini;
	void *mini_memory;
	struct elf_file shared_file;
	Dwarf *dwarf, *shared;
	struct dwarf_names *lines;
};

static bool has_lines(Elf *elf)
{
	return elf && (elf_section(elf, ".debug_info") || elf_section(elf, ".zdebug_info"));
}

static enum quality quality_of(Elf *elf)
{
	if (!elf)
		return NOTHING;
	if (has_lines(elf))
		return LINES;
	if (elf_has_type(elf, SHT_SYMTAB))
		return SYMBOLS;
	if (elf_section(elf, ".gnu_debugdata"))
		return MINIMAL;
	return elf_has_type(elf, SHT_DYNSYM) ? EXPORTED : NOTHING;
}

/* What Linux adds to the name of a file that is deleted. */
static bool cut_deleted(char *path)
{
	static const char mark[] = " (deleted)";
	size_t length = strlen(path);

	if (length < sizeof(mark) || strcmp(path + length - (sizeof(mark) - 1), mark) != 0)
		return false;
	path[length - (sizeof(mark) - 1)] = '\0';
	return true;
}

/* Opens the module itself if it is the one that was recorded. */
static void open_module(struct native *n)
{
	const struct module *m = n->module;
	char path[PATH_MAX];

	if (m->path[0] != '/') {
		n->missing = "no file";
		return;
	}
	snprintf(path, sizeof(path), "%s%s", n->options->sysroot ? n->options->sysroot : "",
		 m->path);
	/* Another file may lie there by now: only a build id can tell. */
	if (cut_deleted(path) && !m->build_id_bytes) {
		n->missing = "deleted since recorded";
		return;
	}
	if (!elf_file_open(&n->file, path, &n->missing))
		return;
	if (elf_same_build(n->file.elf, m) == BUILD_OTHER) {
		elf_file_close(&n->file);
		n->missing = CHANGED_WORDS;
	}
}

static bool open_archived(struct native *n)
{
	const struct text_list *folders = &n->options->archives;
	char path[PATH_MAX];
	bool damaged;

	for (size_t i = 0; i < folders->count && !n->known; i++) {
		if (store_path(folders->items[i], n->module, path, sizeof(path)))
			n->known = store_read(path, &damaged);
	}
	n->archived = n->known;
	return n->archived;
}

static bool servers_are_set(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	return urls && *urls;
}

/* Uses the cache unless more is known by now, or a server may know more. */
static void open_cached(struct native *n)
{
	enum quality cached = NOTHING;

	n->known = cache_read(n->module);
	if (n->known) {
		while (cached < LINES && strcmp(store_words(n->known), quality_words[cached]) != 0)
			cached++;
		if (cached >= n->quality && (cached == LINES || !servers_are_set())) {
			n->known_quality = cached;
			return;
		}
		store_free(n->known);
	}
	n->known = store_new();
}

static void close_files(struct native *n)
{
	elf_file_close(&n->debug);
	elf_file_close(&n->file);
}

static void use_debug_file(struct native *n)
{
	enum quality quality = quality_of(n->debug.elf);

	free(n->debug_path);
	n->debug_path = xstrdup(n->debug.path);
	n->quality = quality > n->quality ? quality : n->quality;
}

static void *open_native(const struct module *m, const struct symbols_options *options)
{
	struct native *n = xcalloc(1, sizeof(*n));

	n->module = m;
	n->options = options;
	n->file = n->debug = n->shared_file = (struct elf_file)NO_ELF_FILE;
	if (open_archived(n))
		return n;
	open_module(n);
	n->quality = quality_of(n->file.elf);
	if (n->quality < LINES && debug_file_find(m, &n->file, options, &n->debug))
		use_debug_file(n);
	close_files(n);
	if (n->missing && n->quality == NOTHING && strcmp(n->missing, CHANGED_WORDS) == 0)
		n->known = store_new();
	else
		open_cached(n);
	return n;
}

static enum quality best_quality(const struct native *n)
{
	return n->quality > n->known_quality ? n->quality : n->known_quality;
}

static struct name_origin tell_origin(const void *source)
{
	const struct native *n = source;

	if (n->archived)
		return (struct name_origin){ store_words(n->known), store_file(n->known) };
	if (best_quality(n) == NOTHING && n->missing)
		return (struct name_origin){ n->missing, NULL };
	const char *file = n->debug_path ? n->debug_path : store_file(n->known);
	return (struct name_origin){ quality_words[best_quality(n)], file };
}

static const char *give_advice(const void *source, char *buffer)
{
	const struct native *n = source;
	const char *path = n->module->path;
	char package[256];

	if (n->archived || best_quality(n) == LINES || path[0] != '/')
		return NULL;
	if (n->missing)
		snprintf(buffer, ADVICE_BYTES, "give the %s to %s",
			 n->module->build_id_bytes ? "folder of the recorded file"
						   : "root of the recorded files",
			 n->module->build_id_bytes ? "--debug-dir" : "--sysroot");
	else if (package_with_debug_data(path, package, sizeof(package)))
		snprintf(buffer, ADVICE_BYTES, "install %s%s", package,
			 servers_are_set() ? "" : " or set DEBUGINFOD_URLS");
	else
		snprintf(buffer, ADVICE_BYTES, "compile it with -g");
	return buffer;
}

/* DWARF of the module itself, else of the file for it. */
static void load_lines(struct native *n)
{
	const struct elf_file *f = has_lines(n->file.elf) ? &n->file : &n->debug;

	n->dwarf = has_lines(f->elf) ? dwarf_begin_elf(f->elf, DWARF_C_READ, NULL) : NULL;
	/* After dwarf_begin_elf(), which unpacks them. */
	if (!n->dwarf || !elf_strings_end(f->elf))
		return;
	debug_file_join_shared(n->dwarf, f->path, n->options, &n->shared_file, &n->shared);
	n->lines = dwarf_names_new(n->dwarf);
}

static void load_symbols(struct native *n)
{
	bool full = false;

	n->symtab = symtab_new();
	if (n->file.elf) {
		full = elf_has_type(n->file.elf, SHT_SYMTAB);
		symtab_read(n->symtab, n->file.elf, SHT_SYMTAB);
		if (!full)
			symtab_read(n->symtab, n->file.elf, SHT_DYNSYM);
	}
	if (n->debug.elf && !full) {
		full = elf_has_type(n->debug.elf, SHT_SYMTAB);
		symtab_read(n->symtab, n->debug.elf, SHT_SYMTAB);
	}
	if (n->file.elf && !full && (n->mini = minidebug_open(n->file.elf, &n->mini_memory)))
		symtab_read(n->symtab, n->mini, SHT_SYMTAB);
	symtab_finish(n->symtab);
}

/* Takes a server's file in the place of one that has no lines. */
static void ask_servers(struct native *n)
{
	struct elf_file downloaded;

	if (n->quality == LINES || n->asked_servers)
		return;
	n->asked_servers = true;
	if (!debug_file_download(n->module, &downloaded))
		return;
	elf_file_close(&n->debug);
	n->debug = downloaded;
	use_debug_file(n);
}

static void load(struct native *n)
{
	const char *reason;

	if (n->loaded)
		return;
	n->loaded = true;
	open_module(n);
	if (n->debug_path && elf_file_open(&n->debug, n->debug_path, &reason) &&
	    elf_same_build(n->debug.elf, n->module) == BUILD_OTHER)
		elf_file_close(&n->debug);
	ask_servers(n);
	load_lines(n);
	load_symbols(n);
	if (n->quality >= n->known_quality)
		store_set_origin(n->known, quality_words[n->quality], n->debug_path);
}

static void unload_native(void *source)
{
	struct native *n = source;

	dwarf_names_free(n->lines);
	dwarf_end(n->dwarf);
	dwarf_end(n->shared);
	elf_file_close(&n->shared_file);
	close_files(n);
	symtab_free(n->symtab);
	elf_end(n->mini);
	free(n->mini_memory);
	n->lines = NULL;
	n->dwarf = n->shared = NULL;
	n->symtab = NULL;
	n->mini = NULL;
	n->mini_memory = NULL;
	n->loaded = false;
}

/* Whether a name has the types and scopes in it that those of C++ and Rust have. */
static bool is_mangled(const char *name)
{
	return strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0;
}

/*
 * The names of functions that the DWARF does not tell, as of assembler code, and those of which
 * it tells less: of lambdas and local classes it has the last part alone.
 */
static void add_symbol(const struct native *n, uint64_t address, struct places *places,
		       size_t before)
{
	const char *name = symtab_find(n->symtab, address);
	struct place *last = places->count > before ? &places->items[places->count - 1] : NULL;

	if (name && !last)
		places_add(places, (struct place){ .function = name });
	else if (name && (!last->function || (is_mangled(name) && !is_mangled(last->function))))
		last->function = name;
}

static void lookup_native(void *source, uint64_t address, struct places *places)
{
	struct native *n = source;
	size_t before = places->count;

	if (store_find(n->known, address, places) || n->archived)
		return;
	load(n);
	bool whole = !n->lines || dwarf_names_lookup(n->lines, address, places);
	bool lasting = whole && n->quality >= n->known_quality;
	add_symbol(n, address, places, before);
	size_t added = places->count - before;
	store_add(n->known, address, added ? places->items + before : NULL, added, lasting);
}

static int save_native(void *source, const char *folder, bool anonymous)
{
	struct native *n = source;
	struct name_origin origin = tell_origin(n);
	struct module m = *n->module;
	const char *slash = strrchr(m.path, '/');
	char path[PATH_MAX];

	store_set_origin(n->known, origin.words, origin.file);
	if (anonymous) {
		store_cut_folders(n->known);
		m.path = slash ? slash + 1 : m.path;
	}
	if (!store_path(folder, &m, path, sizeof(path)))
		return ENAMETOOLONG;
	return store_write(n->known, path, true);
}

static void close_native(void *source)
{
	struct native *n = source;

	if (!n->archived && n->quality != NOTHING)
		cache_write(n->module, n->known);
	unload_native(n);
	store_free(n->known);
	free(n->debug_path);
	free(n);
}

const struct source_ops native_source = {
	.open = open_native,
	.origin = tell_origin,
	.advice = give_advice,
	.lookup = lookup_native,
	.unload = unload_native,
	.save = save_native,
	.close = close_native,
};
