/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives functions, frames and stacks of languages their numbers, and writes them. */
#include "preload/language.h"

#include <string.h>
#include <sys/mman.h>

#include "preload/mix.h"
#include "preload/ring.h"
#include "preload/sys.h"

#define PROBES 64u

/* Hashes of what was written, 0: free.  An id is a place + 1. */
struct table {
	uint64_t *hashes;
	uint32_t slots; /* a power of two */
};

static struct table functions = { .slots = 1u << 15 };
static struct table frames = { .slots = 1u << 16 };
static struct table stacks = { .slots = 1u << 17 };
static struct table *const tables[] = { &functions, &frames, &stacks };

bool language_init(void)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		struct table *t = tables[i];
		if (!t->hashes)
			t->hashes = sys_memory(t->slots * sizeof(*t->hashes));
		if (!t->hashes)
			return false;
	}
	return true;
}

void language_forget(void)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (tables[i]->hashes)
			sys(madvise, tables[i]->hashes, tables[i]->slots * sizeof(uint64_t),
			    MADV_DONTNEED);
}

/* The id of what has this hash, 0 if the table is full; *new: the caller has to write it. */
static uint32_t number_of(const struct table *t, uint64_t hash, bool *new)
{
	*new = false;
	hash += !hash;
	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t place = (uint32_t)(hash + i) % t->slots;
		uint64_t found = __atomic_load_n(&t->hashes[place], __ATOMIC_RELAXED);
		if (found == 0)
			*new = __atomic_compare_exchange_n(&t->hashes[place], &found, hash, false,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
		if (*new || found == hash)
			return place + 1;
	}
	return 0;
}

static size_t padded(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

uint32_t language_function(enum trt_language language, struct language_text name,
			   struct language_text file, uint32_t first_line)
{
	uint64_t seed = (uint64_t)language << 32 | first_line;
	bool new;
	uint32_t id = number_of(&functions, mix_bytes(mix_bytes(seed, name.start, name.bytes),
						      file.start, file.bytes), &new);

	if (!new)
		return id;
	struct trt_record *record = ring_record(
		padded(sizeof(struct trt_language_function) + name.bytes + file.bytes));
	if (!record)
		return id;
	struct trt_language_function *r = (struct trt_language_function *)record;
	r->first_line = first_line;
	r->name_bytes = name.bytes;
	r->file_bytes = file.bytes;
	memcpy(r + 1, name.start, name.bytes);
	memcpy((char *)(r + 1) + name.bytes, file.start, file.bytes);
	ring_publish(record, TRT_RECORD_LANGUAGE_FUNCTION, (uint8_t)language, id);
	return id;
}

uint32_t language_frame(enum trt_language language, uint32_t function, uint32_t line)
{
	bool new;
	uint64_t hash = mix((uint64_t)function << 32 | line, 0x4b33a62ed433d4a3u ^ language);
	uint32_t id = function ? number_of(&frames, hash, &new) : 0;

	if (!id || !new)
		return id;
	struct trt_record *record = ring_record(sizeof(struct trt_language_frame));
	if (!record)
		return id;
	struct trt_language_frame *r = (struct trt_language_frame *)record;
	r->function = function;
	r->line = line;
	ring_publish(record, TRT_RECORD_LANGUAGE_FRAME, (uint8_t)language, id);
	return id;
}

uint32_t language_stack(enum trt_language language, const uint32_t *list, size_t depth,
			bool cut_short)
{
	size_t bytes = depth * sizeof(*list);
	bool new;
	uint32_t id = number_of(&stacks, mix_bytes((uint64_t)language << 1 | cut_short, list, bytes),
				&new);

	if (!new)
		return id;
	struct trt_record *record = ring_record(padded(sizeof(struct trt_language_stack) + bytes));
	if (!record)
		return id;
	struct trt_language_stack *r = (struct trt_language_stack *)record;
	r->language = language;
	r->depth = (uint32_t)depth;
	memcpy(r + 1, list, bytes);
	ring_publish(record, TRT_RECORD_LANGUAGE_STACK, cut_short, id);
	return id;
}
