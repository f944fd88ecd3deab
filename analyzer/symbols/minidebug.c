/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mini debug info, as gdb(1) documents it: an ELF file in the xz format within a module. */
#include "analyzer/symbols/minidebug.h"

#include <lzma.h>
#include <stdlib.h>

#include "analyzer/symbols/elffile.h"
#include "analyzer/util/alloc.h"

/* Names of the largest programs take a tenth of it. */
#define UNPACKED_BYTES_MAX (256u << 20)

/* Unpacks all there is into *memory; returns its size, 0 if it is damaged or too large. */
static size_t unpack(const Elf_Data *packed, void **memory)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	size_t room = 4 * packed->d_size;
	lzma_ret result = lzma_stream_decoder(&stream, UNPACKED_BYTES_MAX, 0);

	*memory = xmalloc(room);
	stream.next_in = packed->d_buf;
	stream.avail_in = packed->d_size;
	while (result == LZMA_OK) {
		if (stream.total_out == room) {
			if (room >= UNPACKED_BYTES_MAX)
				break;
			room *= 2;
			*memory = xreallocarray(*memory, room, 1);
		}
		stream.next_out = (uint8_t *)*memory + stream.total_out;
		stream.avail_out = room - stream.total_out;
		result = lzma_code(&stream, LZMA_FINISH);
	}
	size_t bytes = result == LZMA_STREAM_END ? stream.total_out : 0;
	lzma_end(&stream);
	return bytes;
}

Elf *minidebug_open(Elf *module, void **memory)
{
	Elf_Scn *section = elf_section(module, ".gnu_debugdata");
	Elf_Data *packed = section ? elf_rawdata(section, NULL) : NULL;

	*memory = NULL;
	if (!packed || !packed->d_size || !packed->d_buf)
		return NULL;
	size_t bytes = unpack(packed, memory);
	Elf *elf = bytes ? elf_memory(*memory, bytes) : NULL;
	if (elf && elf_kind(elf) == ELF_K_ELF)
		return elf;
	elf_end(elf);
	free(*memory);
	*memory = NULL;
	return NULL;
}
