/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An ELF file that names are read from. */
#include "analyzer/symbols/elffile.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/util/alloc.h"

bool elf_file_take(struct elf_file *f, int fd, const char *path, const char **reason)
{
	struct stat status;

	*f = (struct elf_file){ .fd = fd };
	elf_version(EV_CURRENT);
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		*reason = "not a file";
	/* Not mapped: a file that shrinks meanwhile must not end us by SIGBUS. */
	else if (!(f->elf = elf_begin(fd, ELF_C_READ, NULL)) || elf_kind(f->elf) != ELF_K_ELF)
		*reason = "not an ELF file";
	else
		f->path = xstrdup(path);
	if (!f->path)
		elf_file_close(f);
	return f->elf;
}

bool elf_file_open(struct elf_file *f, const char *path, const char **reason)
{
	/* O_NONBLOCK: a FIFO in the file's place must not hang us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		return elf_file_take(f, fd, path, reason);
	*f = (struct elf_file)NO_ELF_FILE;
	*reason = "file cannot be read";
	return false;
}

void elf_file_close(struct elf_file *f)
{
	elf_end(f->elf);
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	*f = (struct elf_file)NO_ELF_FILE;
}

enum same_build elf_same_build(Elf *elf, const struct module *m)
{
	const void *id;
	ssize_t bytes = dwelf_elf_gnu_build_id(elf, &id);

	if (!m->build_id_bytes)
		return BUILD_UNKNOWN;
	return bytes == (ssize_t)m->build_id_bytes && memcmp(id, m->build_id, (size_t)bytes) == 0
		       ? BUILD_SAME
		       : BUILD_OTHER;
}

Elf_Scn *elf_section(Elf *elf, const char *name)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		const char *its_name = gelf_getshdr(section, &header)
					       ? elf_strptr(elf, names, header.sh_name)
					       : NULL;
		if (its_name && strcmp(its_name, name) == 0 && header.sh_type != SHT_NOBITS)
			return section;
	}
	return NULL;
}

bool elf_has_type(Elf *elf, uint32_t type)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (gelf_getshdr(section, &header) && header.sh_type == type && header.sh_size)
			return true;
	}
	return false;
}

bool elf_strings_end(Elf *elf)
{
	static const char *const names[] = { ".debug_str", ".debug_line_str", ".zdebug_str",
					     ".zdebug_line_str" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		Elf_Scn *section = elf_section(elf, names[i]);
		const Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;
		if (data && data->d_size && ((const char *)data->d_buf)[data->d_size - 1] != '\0')
			return false;
	}
	return true;
}
