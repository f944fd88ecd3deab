/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints the names of a file's addresses as addr2line -afiC does, the address and two lines a
 * frame, so that the two can be compared:
 *
 *	names_tool [--debug-dir FOLDER] FILE BUILD-ID <ADDRESSES
 *
 * Addresses are hexadecimal, one a line.  BUILD-ID is what a recording would say of the file,
 * in hexadecimal; "-" if it has none.  The last line, on stderr, says where names came from.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/symbols/demangle.h"
#include "analyzer/symbols/source.h"

static uint32_t parse_id(const char *text, uint8_t *id, size_t room)
{
	uint32_t bytes = 0;
	unsigned int byte;

	for (; text[0] && text[1] && bytes < room && sscanf(text, "%2x", &byte) == 1; text += 2)
		id[bytes++] = (uint8_t)byte;
	return bytes;
}

static void print_place(const struct place *p)
{
	char *readable = p->function ? demangle(p->function) : NULL;

	puts(readable ? readable : p->function ? p->function : "??");
	printf("%s:%" PRIu32 "\n", p->file ? p->file : "??", p->line);
	free(readable);
}

int main(int argc, char **argv)
{
	static uint8_t id[64];
	const char *folder = NULL;
	struct symbols_options options = { .debug_dirs = { &folder, 0 } };
	struct places places = { 0 };
	uint64_t address;

	if (argc > 3 && strcmp(argv[1], "--debug-dir") == 0) {
		folder = argv[2];
		options.debug_dirs.count = 1;
		argc -= 2;
		argv += 2;
	}
	if (argc != 3)
		errx(2, "usage: names_tool [--debug-dir FOLDER] FILE BUILD-ID <ADDRESSES");
	struct module m = { .path = argv[1], .build_id = id };
	m.build_id_bytes = parse_id(argv[2], id, sizeof(id));
	void *names = native_source.open(&m, &options);
	while (scanf("%" SCNx64, &address) == 1) {
		printf("0x%016" PRIx64 "\n", address);
		places.count = 0;
		native_source.lookup(names, address, &places);
		for (size_t i = 0; i < places.count; i++)
			print_place(&places.items[i]);
		if (!places.count)
			print_place(&(struct place){ 0 });
	}
	fprintf(stderr, "%s\n", native_source.origin(names).words);
	native_source.close(names);
	free(places.items);
	return 0;
}
