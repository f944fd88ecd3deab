/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names from ELF files: this program's own, and what damaged and other files do. */
#include <err.h>
#include <link.h>
#include <unistd.h>

#include "analyzer/symbols/source.h"
#include "tests/unit/tap.h"

/* Functions to be found; volatile: they are to have code. */
static volatile int sink;

__attribute__((noinline)) static void local_function(void)
{
	sink += 1;
}

__attribute__((noinline, used)) void global_function(void);
__attribute__((noinline, used)) void global_function(void)
{
	sink += 2;
}

/* Of two names for a place the one without underscores is preferred, of bindings the global one. */
void __underscored(void);
extern __typeof__(global_function) __underscored __attribute__((alias("global_function")));

/* Without type and size, as assembler code often has it. */
__asm__(".text\n"
	"bare_label:\n"
	"	nop\n"
	"	nop\n"
	"	nop\n"
	"	nop\n"
	".type after_label, %function\n"
	"after_label:\n"
	"	nop\n"
	".size after_label, . - after_label\n");
extern char bare_label[] __asm__("bare_label");
/* Four instructions further; a reference to the second label itself is resolved to the first on aarch64. */
#if defined(__aarch64__)
#define AFTER_LABEL (bare_label + 16)
#else
#define AFTER_LABEL (bare_label + 4)
#endif

static const struct symbols_options no_options;
static char own_path[4096];
static uint64_t own_bias;
static uint8_t own_build_id[64];
static uint32_t own_build_id_bytes;

/* The first object is the program. */
static int learn_bias(struct dl_phdr_info *info, size_t size, void *user)
{
	own_bias = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const ElfW(Nhdr) *n = (const void *)(info->dlpi_addr + p->p_vaddr);
		const char *end = (const char *)n + p->p_memsz;
		while (p->p_type == PT_NOTE && (const char *)n < end) {
			const char *name = (const char *)(n + 1);
			const char *data = name + (n->n_namesz + 3) / 4 * 4;
			if (n->n_type == NT_GNU_BUILD_ID && strcmp(name, "GNU") == 0) {
				own_build_id_bytes = n->n_descsz;
				memcpy(own_build_id, data, n->n_descsz);
			}
			n = (const void *)(data + (n->n_descsz + 3) / 4 * 4);
		}
	}
	return 1;
}

static struct module own_module(void)
{
	return (struct module){
		.path = own_path,
		.build_id = own_build_id,
		.build_id_bytes = own_build_id_bytes,
		.load_bias = own_bias,
	};
}

/* What the names of an address say, innermost first: "function file:line, ...". */
static const char *describe(void *names, uint64_t address)
{
	static char text[4096];
	struct places places = { 0 };
	size_t used = 0;

	text[0] = '\0';
	native_source.lookup(names, address, &places);
	for (size_t i = 0; i < places.count; i++) {
		const struct place *p = &places.items[i];
		const char *slash = p->file ? strrchr(p->file, '/') : NULL;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s%s", i ? ", " : "",
					 p->function ? p->function : "?",
					 slash ? slash + 1 : "?", p->inlined ? " inlined" : "");
	}
	free(places.items);
	return text;
}

static void is_named(void *names, const void *address, const char *wanted)
{
	is_text(describe(names, (uint64_t)(uintptr_t)address - own_bias), wanted, wanted);
}

static void test_itself(void)
{
	struct module m = own_module();
	void *names = native_source.open(&m, &no_options);

	is_text(native_source.origin(names).words, "DWARF", "the program has lines");
	is_named(names, (const void *)local_function, "local_function test_symbols.c");
	is_named(names, (const char *)local_function + 1, "local_function test_symbols.c");
	is_named(names, (const void *)global_function, "global_function test_symbols.c");
	is_named(names, bare_label + 2, "bare_label ?");
	is_named(names, AFTER_LABEL, "after_label ?");
	is_named(names, (const void *)(uintptr_t)own_bias, "");
	is_named(names, (const void *)(uintptr_t)(own_bias - 1), "");
	native_source.unload(names);
	is_named(names, (const void *)global_function, "global_function test_symbols.c");
	is_named(names, (const char *)global_function + 2, "global_function test_symbols.c");
	native_source.close(names);
}

static void is_refused(const struct module *m, const char *wanted)
{
	void *names = native_source.open(m, &no_options);

	is_text(describe(names, 0x1000), "", "no names");
	is_text(native_source.origin(names).words, wanted, wanted);
	native_source.close(names);
}

static void test_other_files(void)
{
	struct module m = own_module();

	own_build_id[0] ^= 1;
	is_refused(&m, "changed since recorded");
	own_build_id[0] ^= 1;
	m.build_id_bytes = 0;
	m.path = "/no/such/file";
	is_refused(&m, "file cannot be read");
	m.path = "/no/such/file (deleted)";
	is_refused(&m, "deleted since recorded");
	m.path = "/";
	is_refused(&m, "not a file");
	m.path = "/dev/zero";
	is_refused(&m, "not a file");
	m.path = "/proc/self/cmdline";
	is_refused(&m, "not an ELF file");
	m.path = "linux-vdso.so.1";
	is_refused(&m, "no file");
}

static uint8_t *read_self(size_t *bytes)
{
	FILE *file = fopen(own_path, "rb");
	uint8_t *data;

	if (!file || fseek(file, 0, SEEK_END) != 0)
		err(1, "%s", own_path);
	*bytes = (size_t)ftell(file);
	rewind(file);
	data = malloc(*bytes);
	if (!data || fread(data, 1, *bytes, file) != *bytes)
		err(1, "%s", own_path);
	fclose(file);
	return data;
}

/* Opens a copy with these bytes and asks it for names; nothing but a crash is wrong. */
static void survive(const char *path, const uint8_t *data, size_t bytes)
{
	struct module m = { .path = path };
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0)
		err(1, "%s", path);
	void *names = native_source.open(&m, &no_options);
	for (uint64_t address = 0; address < 0x10000; address += 997)
		describe(names, address);
	native_source.close(names);
}

/* The headers decide where everything else is: each of their bytes is changed in its turn. */
static void test_damaged_files(void)
{
	char path[] = "/tmp/test_symbols.XXXXXX";
	int fd = mkstemp(path);
	size_t bytes;
	uint8_t *data = read_self(&bytes);
	const ElfW(Ehdr) *header = (const void *)data;
	size_t sections = header->e_shoff, sections_end = bytes;

	if (fd < 0)
		err(1, "%s", path);
	close(fd);
	for (size_t length = 0; length < bytes; length += bytes / 40 + 1)
		survive(path, data, length);
	ok(true, "truncated files");
	for (size_t i = 4; i < sizeof(*header); i++) {
		data[i] ^= 0x5a;
		survive(path, data, bytes);
		data[i] ^= 0x5a;
	}
	ok(true, "damaged file headers");
	for (size_t i = sections; i < sections_end; i += 11) {
		data[i] ^= 0xff;
		survive(path, data, bytes);
		data[i] ^= 0xff;
	}
	ok(true, "damaged section headers");
	unlink(path);
	free(data);
}

int main(void)
{
	if (readlink("/proc/self/exe", own_path, sizeof(own_path) - 1) < 0)
		err(1, "/proc/self/exe");
	dl_iterate_phdr(learn_bias, NULL);
	unsetenv("HOME"); /* no cache */
	unsetenv("XDG_CACHE_HOME");
	unsetenv("DEBUGINFOD_URLS");
	test_itself();
	test_other_files();
	test_damaged_files();
	return done_testing();
}
