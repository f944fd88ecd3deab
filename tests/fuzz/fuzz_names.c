/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer harness: takes any bytes for an ELF file and asks for the names of addresses in it,
 * as for a module that changed or was made to mislead.
 *
 *	CC=clang meson setup -Dfuzz=true -Db_lundef=false build-fuzz
 *	ninja -C build-fuzz tests/fuzz/fuzz_names
 *	build-fuzz/tests/fuzz/fuzz_names -max_len=65536 CORPUS FOLDER-OF-SMALL-PROGRAMS
 *
 * libdw and libelf are the system's, without sanitizers: their memory is watched where it is
 * the allocator's.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/symbols/demangle.h"
#include "analyzer/symbols/source.h"
#include "analyzer/symbols/store.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Neither the cache nor servers. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	unsetenv("HOME");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("DEBUGINFOD_URLS");
	return 0;
}

static uint64_t touch(const struct places *places)
{
	uint64_t sum = places->count;

	for (size_t i = 0; i < places->count; i++) {
		const struct place *p = &places->items[i];
		char *readable = p->function ? demangle(p->function) : NULL;
		sum += readable ? strlen(readable) : 0;
		sum += p->function ? strlen(p->function) : 0;
		sum += p->file ? strlen(p->file) : 0;
		free(readable);
	}
	return sum;
}

/* The same bytes as a file of names: of a cache that somebody else wrote. */
static void read_as_store(const char *path)
{
	bool damaged;

	store_free(store_read(path, &damaged));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const struct symbols_options options;
	int fd = memfd_create("module", MFD_CLOEXEC);
	struct places places = { 0 };
	volatile uint64_t sink = 0;
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, data, bytes) != (ssize_t)bytes)
		err(1, "memfd");
	struct module m = { .path = path };
	void *names = native_source.open(&m, &options);
	/* Small programs have their code in the first pages. */
	for (uint64_t address = 0x100; address < 0x1400; address += 17) {
		places.count = 0;
		native_source.lookup(names, address, &places);
		sink += touch(&places);
	}
	native_source.close(names);
	if (bytes && data[0] == '{')
		read_as_store(path);
	free(places.items);
	close(fd);
	return 0;
}
