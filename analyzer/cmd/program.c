/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a program can be recorded, known before it is run. */
#include "analyzer/cmd/program.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The kernel follows as many interpreters (execve(2)). */
#define INTERPRETERS_MAX 5

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#endif

__attribute__((format(printf, 3, 4))) static void judge(struct program *p,
							 enum program_verdict verdict,
							 const char *format, ...)
{
	va_list arguments;

	p->verdict = verdict;
	va_start(arguments, format);
	vsnprintf(p->words, sizeof(p->words), format, arguments);
	va_end(arguments);
}

/* 0, or the errno of why this file cannot be run. */
static int run_error(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	if (!S_ISREG(status.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
		return EACCES;
	return 0;
}

/* As execvp(): a name without a slash is looked for in PATH.  Returns 0 or an errno. */
static int find(const char *name, char *path, size_t size)
{
	const char *folders = getenv("PATH");
	int error = ENOENT;

	if (strchr(name, '/') || !*name) {
		snprintf(path, size, "%s", name);
		return *name ? run_error(name) : ENOENT;
	}
	for (const char *f = folders ? folders : "/bin:/usr/bin"; f;) {
		size_t length = strcspn(f, ":");
		int n = snprintf(path, size, "%.*s/%s", length ? (int)length : 1, length ? f : ".",
				 name);
		int why = n < 0 || (size_t)n >= size ? ENOENT : run_error(path);
		if (!why)
			return 0;
		if (why == EACCES)
			error = EACCES; /* there is one, but not for us: looking on, as execvp() does */
		f = f[length] ? f + length + 1 : NULL;
	}
	return error;
}

/*
 * With another user's rights, or more than ours, the loader ignores LD_PRELOAD
 * with a path in it (ld.so(8), secure-execution mode).
 */
static bool gains_rights(const char *path, const struct stat *status)
{
	struct statvfs mount;

	if (statvfs(path, &mount) == 0 && (mount.f_flag & ST_NOSUID))
		return false;
	if ((status->st_mode & S_ISUID) && status->st_uid != geteuid())
		return true;
	/* Without group execution the bit meant mandatory locking. */
	if ((status->st_mode & S_ISGID) && (status->st_mode & S_IXGRP) && status->st_gid != getegid())
		return true;
	return geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

/* The path in PT_INTERP: the dynamic loader; false if there is none. */
static bool read_loader(Elf *elf, int fd, char *loader, size_t size)
{
	GElf_Phdr header;
	size_t count;

	if (elf_getphdrnum(elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count && gelf_getphdr(elf, (int)i, &header); i++) {
		if (header.p_type != PT_INTERP)
			continue;
		size_t bytes = header.p_filesz < size ? header.p_filesz : size - 1;
		ssize_t n = pread(fd, loader, bytes, (off_t)header.p_offset);
		if (n <= 0)
			return false;
		loader[n] = '\0';
		return true;
	}
	return false;
}

static bool has_section(Elf *elf, const char *wanted)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((section = elf_nextscn(elf, section))) {
		const char *name = gelf_getshdr(section, &header)
					   ? elf_strptr(elf, names, header.sh_name)
					   : NULL;
		if (name && strcmp(name, wanted) == 0)
			return true;
	}
	return false;
}

/* ld-linux-x86-64.so.2, ld-linux-aarch64.so.1 and the LSB's names for them. */
static bool is_glibc_loader(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld-lsb", 6) == 0;
}

static void check_libc(struct program *p, const char *loader, bool go)
{
	/* Another C library's loader would end the program, for want of our symbols. */
	p->may_preload = is_glibc_loader(loader);
	if (strstr(loader, "ld-musl"))
		judge(p, PROGRAM_UNFIT, "uses the musl C library, and the recorder is for glibc");
	else if (!is_glibc_loader(loader))
		judge(p, PROGRAM_UNFIT, "uses another C library than glibc (its loader is %s)",
		      loader);
	else if (go)
		judge(p, PROGRAM_WARNING,
		      "is written in Go, which mostly makes system calls without the C library: "
		      "only what goes through C is recorded");
}

static void check_elf(struct program *p, const char *path, Elf *elf, int fd)
{
	char loader[PATH_MAX];
	GElf_Ehdr header;

	if (!gelf_getehdr(elf, &header)) {
		judge(p, PROGRAM_UNFIT, "has a damaged ELF header");
		return;
	}
	bool go = has_section(elf, ".go.buildinfo") || has_section(elf, ".note.go.buildid");
	if (header.e_machine != OUR_MACHINE || header.e_ident[EI_CLASS] != ELFCLASS64) {
		judge(p, PROGRAM_UNFIT, "is for another machine (ELF machine %d, %d bits)",
		      header.e_machine, header.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32);
		p->may_preload = false;
	} else if (read_loader(elf, fd, loader, sizeof(loader))) {
		check_libc(p, loader, go);
	} else if (!is_glibc_loader(path)) { /* which loads what it is given */
		judge(p, PROGRAM_UNFIT, "is statically linked%s: no library can be preloaded into it",
		      go ? ", and written in Go" : "");
	}
}

/*
 * Looks at one file.  Returns true if it is a script, whose interpreter is then
 * put into next.
 */
static bool check_file(struct program *p, const char *path, char *next, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char line[256] = "";
	struct stat status;

	snprintf(p->subject, sizeof(p->subject), "%s", path);
	if (fd < 0)
		return false; /* it may be run but not read: nothing speaks against it */
	bool script = pread(fd, line, sizeof(line) - 1, 0) > 2 && memcmp(line, "#!", 2) == 0;
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	bool is_elf = elf && elf_kind(elf) == ELF_K_ELF;
	if (is_elf)
		check_elf(p, path, elf, fd);
	if (is_elf && p->verdict != PROGRAM_UNFIT && fstat(fd, &status) == 0 &&
	    gains_rights(path, &status))
		judge(p, PROGRAM_UNFIT, "runs with other rights than yours (set-user-id, set-group-id "
					"or capabilities): the loader ignores LD_PRELOAD");
	elf_end(elf);
	close(fd);
	if (script) {
		char *start = line + 2 + strspn(line + 2, " \t");
		start[strcspn(start, " \t\n")] = '\0';
		snprintf(next, size, "%s", start);
	} else if (!is_elf) {
		snprintf(next, size, "/bin/sh"); /* what execvp() does with text */
	}
	return script || !is_elf;
}

void program_check(const char *name, struct program *p)
{
	char path[PATH_MAX], next[PATH_MAX];

	*p = (struct program){ .may_preload = true };
	elf_version(EV_CURRENT);
	snprintf(p->subject, sizeof(p->subject), "%s", name);
	int error = find(name, p->path, sizeof(p->path));
	if (error) {
		judge(p, PROGRAM_MISSING, "%s",
		      error == ENOENT ? "no such program" : strerror(error));
		p->path[0] = '\0';
		return;
	}
	snprintf(path, sizeof(path), "%s", p->path);
	for (int i = 0; i < INTERPRETERS_MAX && check_file(p, path, next, sizeof(next)); i++) {
		error = run_error(next);
		if (error) {
			judge(p, PROGRAM_MISSING, "its interpreter %s: %s", next, strerror(error));
			return;
		}
		snprintf(path, sizeof(path), "%s", next);
	}
}
