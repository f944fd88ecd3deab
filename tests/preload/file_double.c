/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/preload/file_double.h"

#include <stddef.h>

#include "preload/file.h"
#include "preload/sys.h"
#include "preload/trace_format.h"

uint32_t file_double_chunks;
uint64_t file_double_room = UINT64_MAX, file_double_truncated;

const char *file_create(struct file *file)
{
	file->bytes = (uint64_t)file_double_chunks * TRT_CHUNK_BYTES;
	file->base = sys_memory(file->bytes);
	file_double_truncated = 0;
	return file->base ? NULL : "no memory";
}

void file_discard(const struct file *file)
{
	sys(munmap, file->base, file->bytes);
}

bool file_unlock(void *start, uint64_t bytes)
{
	return true;
}

/* Pages that it has already are counted once more: the ring asks for them only in passing. */
bool file_populate(void *start, uint64_t bytes)
{
	uint64_t room = __atomic_load_n(&file_double_room, __ATOMIC_RELAXED);

	do {
		if (room < bytes)
			return false;
	} while (!__atomic_compare_exchange_n(&file_double_room, &room, room - bytes, true,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

void file_truncate(uint64_t bytes)
{
	file_double_truncated = bytes;
}
