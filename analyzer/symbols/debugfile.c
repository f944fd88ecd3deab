/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the debug data of a module lies when it is not in the module: the ways that
 * gdb(1) documents under "Debugging Information in Separate Files", and debuginfod(8).
 */
#include "analyzer/symbols/debugfile.h"

#include <dlfcn.h>
#include <elfutils/libdwelf.h>
#include <limits.h>
#include <lzma.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_FOLDER "/usr/lib/debug"
#define BUILD_ID_MAX 64u

/* What is looked for, and what was found. */
struct search {
	const struct module *module; /* build_id_bytes 0: not known */
	const char *link;            /* .gnu_debuglink: a file's name; NULL if there is none */
	uint32_t checksum;           /* of that file */
	const char *own_path;        /* is not its own debug file */
	struct elf_file *found;
};

/* CRC-32 of IEEE 802.3, which .gnu_debuglink has: the one of liblzma. */
static bool has_checksum(int fd, uint32_t checksum)
{
	uint8_t buffer[1 << 16];
	uint32_t sum = 0;
	off_t at = 0;
	ssize_t got;

	while ((got = pread(fd, buffer, sizeof(buffer), at)) > 0) {
		sum = lzma_crc32(buffer, (size_t)got, sum);
		at += got;
	}
	return got == 0 && sum == checksum;
}

static bool has_debug_data(Elf *elf)
{
	return elf_section(elf, ".debug_info") || elf_section(elf, ".zdebug_info") ||
	       elf_has_type(elf, SHT_SYMTAB);
}

static bool is_wanted(const struct search *s, const struct elf_file *f)
{
	switch (elf_same_build(f->elf, s->module)) {
	case BUILD_SAME:
		return true;
	case BUILD_OTHER:
		return false;
	case BUILD_UNKNOWN:
		break;
	}
	return s->link && has_checksum(f->fd, s->checksum);
}

__attribute__((format(printf, 2, 3))) static bool try_path(struct search *s, const char *format,
							    ...)
{
	char path[PATH_MAX];
	const char *reason;
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(path) ||
	    (s->own_path && strcmp(path, s->own_path) == 0) ||
	    !elf_file_open(s->found, path, &reason))
		return false;
	if (is_wanted(s, s->found) && has_debug_data(s->found->elf))
		return true;
	elf_file_close(s->found);
	return false;
}

/* ROOT/.build-id/01/23456789.debug */
static bool try_build_id(struct search *s, const char *root)
{
	const struct module *m = s->module;
	char rest[2 * BUILD_ID_MAX + 1];

	if (m->build_id_bytes < 2 || m->build_id_bytes > BUILD_ID_MAX)
		return false;
	for (uint32_t i = 1; i < m->build_id_bytes; i++)
		snprintf(rest + 2 * (i - 1), 3, "%02x", m->build_id[i]);
	return try_path(s, "%s/.build-id/%02x/%s.debug", root, m->build_id[0], rest) ||
	       try_path(s, "%s/%02x/%s.debug", root, m->build_id[0], rest);
}

/* Below a folder that somebody gave: by build id, link, and as the module itself, unstripped. */
static bool try_folder(struct search *s, const char *root)
{
	const char *path = s->module->path, *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) : 0;

	return try_build_id(s, root) ||
	       (s->link && (try_path(s, "%s%.*s/%s", root, folder, path, s->link) ||
			    try_path(s, "%s/%s", root, s->link))) ||
	       try_path(s, "%s%s", root, path) ||
	       try_path(s, "%s/%s", root, slash ? slash + 1 : path);
}

static bool try_system(struct search *s, const char *sysroot)
{
	const char *path = s->module->path, *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) : 0;
	char root[PATH_MAX];

	snprintf(root, sizeof(root), "%s" SYSTEM_FOLDER, sysroot);
	if (try_build_id(s, root))
		return true;
	return s->link && (try_path(s, "%s%.*s/%s", sysroot, folder, path, s->link) ||
			   try_path(s, "%s%.*s/.debug/%s", sysroot, folder, path, s->link) ||
			   try_path(s, "%s%.*s/%s", root, folder, path, s->link));
}

bool debug_file_find(const struct module *m, const struct elf_file *module_file,
		     const struct symbols_options *options, struct elf_file *found)
{
	const char *sysroot = options->sysroot ? options->sysroot : "";
	struct search s = { .module = m, .own_path = module_file->path, .found = found };
	GElf_Word checksum = 0;

	if (module_file->elf)
		s.link = dwelf_elf_gnu_debuglink(module_file->elf, &checksum);
	s.checksum = checksum;
	for (size_t i = 0; i < options->debug_dirs.count; i++) {
		if (try_folder(&s, options->debug_dirs.items[i]))
			return true;
	}
	return try_system(&s, sysroot);
}

/* <elfutils/debuginfod.h>, of which nothing is needed to build. */
struct client {
	void *(*begin)(void);
	int (*find)(void *client, const unsigned char *build_id, int bytes, char **path);
	void (*end)(void *client);
};

/* Loaded when first needed: it brings a whole HTTP client along. */
static const struct client *load_client(void)
{
	static struct client client;
	static bool tried;

	if (!tried) {
		void *library = dlopen("libdebuginfod.so.1", RTLD_LAZY | RTLD_LOCAL);
		tried = true;
		if (library) {
			*(void **)&client.begin = dlsym(library, "debuginfod_begin");
			*(void **)&client.find = dlsym(library, "debuginfod_find_debuginfo");
			*(void **)&client.end = dlsym(library, "debuginfod_end");
		}
	}
	return client.begin && client.find && client.end ? &client : NULL;
}

bool debug_file_download(const struct module *m, struct elf_file *found)
{
	const char *urls = getenv("DEBUGINFOD_URLS"), *reason;
	const struct client *c = urls && *urls && m->build_id_bytes ? load_client() : NULL;
	void *session = c ? c->begin() : NULL;
	char *path = NULL;

	if (!session)
		return false;
	int fd = c->find(session, m->build_id, (int)m->build_id_bytes, &path);
	c->end(session);
	bool opened = fd >= 0 && elf_file_take(found, fd, path, &reason);
	free(path);
	if (opened && elf_same_build(found->elf, m) != BUILD_SAME) {
		elf_file_close(found);
		opened = false;
	}
	return opened;
}

bool debug_file_join_shared(Dwarf *dwarf, const char *path, const struct symbols_options *options,
			    struct elf_file *file, Dwarf **alt)
{
	const char *slash = strrchr(path, '/'), *name;
	const void *id;
	ssize_t bytes = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id);
	bool found = false;

	/* libdw looks itself, beside the file and in the system's folder. */
	if (bytes <= 0 || dwarf_getalt(dwarf))
		return false;
	struct module shared = { .path = "", .build_id = id, .build_id_bytes = (uint32_t)bytes };
	struct search s = { .module = &shared, .link = name, .found = file };
	for (size_t i = 0; i < options->debug_dirs.count && !found; i++)
		found = try_folder(&s, options->debug_dirs.items[i]);
	if (!found)
		found = name[0] == '/' ? try_path(&s, "%s%s", options->sysroot ? options->sysroot : "", name)
				       : try_path(&s, "%.*s/%s", (int)(slash - path), path, name);
	if (!found)
		found = try_system(&s, options->sysroot ? options->sysroot : "");
	if (!found)
		found = debug_file_download(&shared, file);
	if (!found)
		return false;
	*alt = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
	if (*alt && elf_strings_end(file->elf))
		dwarf_setalt(dwarf, *alt);
	return true;
}
