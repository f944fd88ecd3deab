/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `record` thinks of programs before it runs them, on files made for it. */
#include <elf.h>
#include <err.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/cmd/program.h"
#include "tests/unit/tap.h"

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#define OTHER_MACHINE EM_AARCH64
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#else
#define OUR_MACHINE EM_AARCH64
#define OTHER_MACHINE EM_X86_64
#define LOADER "/lib/ld-linux-aarch64.so.1"
#endif

static char folder[] = "/tmp/test_program.XXXXXX";
static char path[4096];

/* An ELF file as far as it is looked at: headers, a loader, sections with these names. */
struct made_elf {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	char loader[64];
	char names[64];
	Elf64_Shdr sections[3];
};

static struct made_elf good_elf(void)
{
	struct made_elf e = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				     EV_CURRENT },
			.e_type = ET_DYN,
			.e_machine = OUR_MACHINE,
			.e_version = EV_CURRENT,
			.e_phoff = offsetof(struct made_elf, segment),
			.e_shoff = offsetof(struct made_elf, sections),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
			.e_shentsize = sizeof(Elf64_Shdr),
			.e_shnum = 3,
			.e_shstrndx = 1,
		},
		.segment = {
			.p_type = PT_INTERP,
			.p_offset = offsetof(struct made_elf, loader),
			.p_filesz = sizeof(LOADER),
		},
		.loader = LOADER,
		.names = "\0.shstrtab\0.other",
	};

	e.sections[1] = (Elf64_Shdr){ .sh_name = 1,
				      .sh_type = SHT_STRTAB,
				      .sh_offset = offsetof(struct made_elf, names),
				      .sh_size = sizeof(e.names) };
	e.sections[2] = (Elf64_Shdr){ .sh_name = 11, .sh_type = SHT_PROGBITS };
	return e;
}

static void write_file(const char *name, const void *data, size_t bytes, mode_t mode)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0 ||
	    chmod(path, mode) != 0)
		err(1, "%s", path);
}

static void judge(const char *program, enum program_verdict verdict, const char *word,
		  bool may_preload, const char *what)
{
	struct program p;

	program_check(program, &p);
	if (!ok(p.verdict == verdict && strstr(p.words, word) && p.may_preload == may_preload, "%s",
		what))
		printf("# verdict %d, words '%s', may_preload %d\n", p.verdict, p.words,
		       p.may_preload);
}

static void judge_elf(const struct made_elf *e, enum program_verdict verdict, const char *word,
		      bool may_preload, const char *what)
{
	write_file("program", e, sizeof(*e), 0755);
	judge(path, verdict, word, may_preload, what);
}

static void test_elf(void)
{
	struct made_elf e = good_elf();

	judge_elf(&e, PROGRAM_GOOD, "", true, "a program for this machine and C library");
	e.header.e_machine = OTHER_MACHINE;
	judge_elf(&e, PROGRAM_UNFIT, "another machine", false, "another machine");
	e = good_elf();
	e.segment.p_type = PT_NULL;
	judge_elf(&e, PROGRAM_UNFIT, "statically linked", true, "statically linked");
	strcpy(e.names + 11, ".go.buildinfo");
	judge_elf(&e, PROGRAM_UNFIT, "Go", true, "statically linked and Go");
	e.segment.p_type = PT_INTERP;
	judge_elf(&e, PROGRAM_WARNING, "Go", true, "Go that uses libc");
	e = good_elf();
	strcpy(e.loader, "/lib/ld-musl-x86_64.so.1");
	e.segment.p_filesz = strlen(e.loader) + 1;
	judge_elf(&e, PROGRAM_UNFIT, "musl", false, "musl");
	strcpy(e.loader, "/system/bin/linker64");
	e.segment.p_filesz = strlen(e.loader) + 1;
	judge_elf(&e, PROGRAM_UNFIT, "linker64", false, "another C library");
	e = good_elf();
	e.segment.p_offset = 1 << 30;
	judge_elf(&e, PROGRAM_UNFIT, "", true, "a loader beyond the end of the file");
	write_file("program", &e, 30, 0755);
	judge(path, PROGRAM_GOOD, "", true, "no ELF file yet: execvp() gives it to the shell");
}

static void test_rights(void)
{
	struct made_elf e = good_elf();

	write_file("program", &e, sizeof(e), 0644);
	judge(path, PROGRAM_MISSING, "Permission denied", true, "not executable");
	write_file("program", &e, sizeof(e), 04755);
	judge(path, PROGRAM_GOOD, "", true, "set-user-id of our own user");
	if (getuid() == 0) {
		write_file("program", &e, sizeof(e), 0755);
		if (chown(path, 65534, 65534) != 0 || chmod(path, 04755) != 0)
			err(1, "%s", path);
		judge(path, PROGRAM_UNFIT, "set-user-id", true, "set-user-id of another user");
		if (chmod(path, 02755) != 0)
			err(1, "%s", path);
		judge(path, PROGRAM_UNFIT, "set-group-id", true, "set-group-id of another group");
	}
}

static void test_scripts(void)
{
	struct made_elf e = good_elf();
	char line[8192];

	e.segment.p_type = PT_NULL;
	write_file("static", &e, sizeof(e), 0755);
	snprintf(line, sizeof(line), "#! %s -x\n", path);
	write_file("script", line, strlen(line), 0755);
	judge(path, PROGRAM_UNFIT, "statically linked", true, "a script of a static interpreter");
	write_file("script", "#!/no/such/interpreter\n", 23, 0755);
	judge(path, PROGRAM_MISSING, "/no/such/interpreter", true, "a script without interpreter");
	write_file("script", "#!/bin/sh\n", 10, 0755);
	judge(path, PROGRAM_GOOD, "", true, "a shell script");
	write_file("script", "echo\n", 5, 0755);
	judge(path, PROGRAM_GOOD, "", true, "text, which execvp() gives to the shell");
	snprintf(line, sizeof(line), "#!%s\n", path);
	write_file("script", line, strlen(line), 0755);
	judge(path, PROGRAM_GOOD, "", true, "a script that is its own interpreter does not hang us");
}

static void test_names(void)
{
	struct made_elf e = good_elf();
	struct program p;

	setenv("PATH", folder, 1);
	judge("no-such-program", PROGRAM_MISSING, "no such program", true, "no such program");
	judge("", PROGRAM_MISSING, "no such program", true, "no name");
	judge("/", PROGRAM_MISSING, "directory", true, "a folder");
	write_file("found", &e, sizeof(e), 0755);
	program_check("found", &p);
	is_text(p.path, path, "found in PATH");
	setenv("PATH", "/nowhere:", 1);
	if (chdir(folder) != 0)
		err(1, "%s", folder);
	program_check("found", &p);
	is_text(p.path, "./found", "an empty part of PATH is the current folder");
}

int main(void)
{
	if (!mkdtemp(folder))
		err(1, "%s", folder);
	test_elf();
	test_rights();
	test_scripts();
	test_names();
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = { "program", "static", "script", "found" };
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
	return done_testing();
}
