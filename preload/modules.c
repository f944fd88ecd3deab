/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of modules: append only, written by whoever holds a try-lock (what it
 * misses, a later stack shows again), read without one.
 *
 * Objects are found by address with glibc's _dl_find_object(), which takes no lock
 * and is async-signal-safe (glibc manual, "Dynamic Linker Introspection"; since
 * 2.35).  With older ones dl_iterate_phdr() is used, which takes the loader's lock:
 * a handler that interrupts the loader in another thread's favour can wait there;
 * the lock is recursive, so it cannot wait for its own thread.
 */
#include "preload/modules.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>

#include "preload/clock.h"
#include "preload/identity.h"
#include "preload/ring.h"
#include "preload/sys.h"
#include "preload/thread.h"

#define MODULES_MAX 4096u
#define PATHS_BYTES (1u << 20)
#define BUILD_ID_MAX 64u

struct module {
	uintptr_t start, end, bias;
	const char *path;
	const uint8_t *unwind_table; /* .eh_frame_hdr */
	uint64_t seen_ns;
	uint32_t path_bytes;
	uint8_t build_id_bytes;
	uint8_t build_id[BUILD_ID_MAX];
};

/* As in <dlfcn.h> of glibc 2.35 and later: part of its ABI. */
struct object {
	unsigned long long flags;
	void *map_start, *map_end;
	struct link_map *link_map;
	void *eh_frame;
	unsigned long long reserved[8];
};

static int (*find_object)(void *address, struct object *result);

static struct {
	struct module *table;
	uint32_t count;
	char *paths;
	uint32_t paths_used;
	int32_t adding; /* try-lock: the thread that holds it */
} modules;

uint32_t modules_generation;
void (*modules_on_load)(const struct link_map *object);

static size_t padded(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

static void log_module(uint32_t index)
{
	const struct module *m = &modules.table[index];
	size_t bytes = padded(sizeof(struct trt_module) + m->build_id_bytes + m->path_bytes);
	struct trt_record *record = ring_record(bytes);

	if (!record)
		return;
	struct trt_module *r = (struct trt_module *)record;
	r->seen_ns = m->seen_ns;
	r->load_bias = m->bias;
	r->start = m->start;
	r->end = m->end;
	r->path_bytes = m->path_bytes;
	memcpy(r + 1, m->build_id, m->build_id_bytes);
	memcpy((uint8_t *)(r + 1) + m->build_id_bytes, m->path, m->path_bytes);
	ring_publish(record, TRT_RECORD_MODULE, m->build_id_bytes, index + 1);
}

void modules_log(void)
{
	uint32_t count = __atomic_load_n(&modules.count, __ATOMIC_ACQUIRE);

	/* No thread can be adding yet, unless it stayed behind in the parent of a fork. */
	modules.adding = 0;
	for (uint32_t i = 0; i < count; i++)
		log_module(i);
}

/* The build id of an object's notes in memory (elf(5), NT_GNU_BUILD_ID). */
static void find_build_id(struct module *m, const ElfW(Phdr) *segment)
{
	const uint8_t *p = (const uint8_t *)(m->bias + segment->p_vaddr);
	const uint8_t *end = p + segment->p_memsz;

	while (p + sizeof(ElfW(Nhdr)) <= end) {
		const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)p;
		const uint8_t *name = p + sizeof(*note);
		const uint8_t *data = name + ((note->n_namesz + 3) & ~3u);
		if (data > end || note->n_descsz > (size_t)(end - data))
			return;
		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
		    memcmp(name, "GNU", 4) == 0 && note->n_descsz <= BUILD_ID_MAX) {
			m->build_id_bytes = (uint8_t)note->n_descsz;
			memcpy(m->build_id, data, note->n_descsz);
			return;
		}
		p = data + ((note->n_descsz + 3) & ~3u);
	}
}

static void keep_path(struct module *m, const char *path)
{
	uint32_t bytes = 0;

	if (path && *path)
		bytes = (uint32_t)strlen(path);
	else
		path = identity_executable(&bytes); /* the program itself has no name here */
	if (bytes > PATHS_BYTES - modules.paths_used)
		bytes = 0;
	m->path = modules.paths + modules.paths_used;
	memcpy(modules.paths + modules.paths_used, path, bytes);
	m->path_bytes = bytes;
	modules.paths_used += bytes;
}

/* The newest module that holds address; NULL if none does. */
static const struct module *find_known(uintptr_t address)
{
	for (uint32_t i = __atomic_load_n(&modules.count, __ATOMIC_ACQUIRE); i-- > 0;)
		if (address >= modules.table[i].start && address < modules.table[i].end)
			return &modules.table[i];
	return NULL;
}

/* The newest one that shares an address with [start, end). */
static const struct module *find_overlapping(uintptr_t start, uintptr_t end)
{
	for (uint32_t i = modules.count; i-- > 0;)
		if (start < modules.table[i].end && end > modules.table[i].start)
			return &modules.table[i];
	return NULL;
}

static bool same_object(const struct module *m, const struct module *other)
{
	return m->start == other->start && m->end == other->end &&
	       m->build_id_bytes == other->build_id_bytes &&
	       memcmp(m->build_id, other->build_id, m->build_id_bytes) == 0;
}

/* Adds an object unless it is known; what it overlaps was unloaded.  Whether it was added. */
static bool add(uintptr_t bias, const ElfW(Phdr) *segments, size_t count, const char *path,
		uint64_t now_ns)
{
	struct module m = { .start = UINTPTR_MAX, .bias = bias, .seen_ns = now_ns };

	for (size_t i = 0; i < count; i++) {
		const ElfW(Phdr) *s = &segments[i];
		if (s->p_type == PT_NOTE && !m.build_id_bytes)
			find_build_id(&m, s);
		if (s->p_type == PT_GNU_EH_FRAME)
			m.unwind_table = (const uint8_t *)(bias + s->p_vaddr);
		if (s->p_type != PT_LOAD)
			continue;
		if (bias + s->p_vaddr < m.start)
			m.start = bias + s->p_vaddr;
		if (bias + s->p_vaddr + s->p_memsz > m.end)
			m.end = bias + s->p_vaddr + s->p_memsz;
	}
	const struct module *known = find_overlapping(m.start, m.end);
	if (!m.end || modules.count == MODULES_MAX || (known && same_object(known, &m)))
		return false;
	keep_path(&m, path);
	modules.table[modules.count] = m;
	__atomic_store_n(&modules.count, modules.count + 1, __ATOMIC_RELEASE);
	if (known)
		__atomic_add_fetch(&modules_generation, 1, __ATOMIC_RELEASE);
	log_module(modules.count - 1);
	return true;
}

static int add_listed(struct dl_phdr_info *info, size_t size, void *now_ns)
{
	add(info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum, info->dlpi_name,
	    *(uint64_t *)now_ns);
	return 0;
}

void modules_init(void)
{
	uint64_t now_ns = clock_ns();

	modules.table = sys_memory(MODULES_MAX * sizeof(*modules.table));
	modules.paths = sys_memory(PATHS_BYTES);
	find_object = (__typeof__(find_object))dlsym(RTLD_DEFAULT, "_dl_find_object");
	if (modules.table && modules.paths)
		dl_iterate_phdr(add_listed, &now_ns);
}

/* An object's segments as its first page lists them, mapped with it. */
static void add_object(const struct object *o, uint64_t now_ns)
{
	const ElfW(Ehdr) *elf = o->map_start;

	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 ||
	    elf->e_phentsize != sizeof(ElfW(Phdr)) ||
	    elf->e_phoff + elf->e_phnum * sizeof(ElfW(Phdr)) > 4096)
		return;
	if (add(o->link_map->l_addr, (const ElfW(Phdr) *)((uintptr_t)elf + elf->e_phoff),
		elf->e_phnum, o->link_map->l_name, now_ns) && modules_on_load)
		modules_on_load(o->link_map);
}

void modules_abandon(int32_t tid)
{
	__atomic_compare_exchange_n(&modules.adding, &tid, 0, false, __ATOMIC_RELEASE,
				    __ATOMIC_RELAXED);
}

void modules_learn(const uintptr_t *addresses, size_t count, uint64_t now_ns)
{
	const struct module *last = NULL;
	int32_t nobody = 0;

	if (!modules.table ||
	    !__atomic_compare_exchange_n(&modules.adding, &nobody, thread_self->tid, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	for (size_t i = 0; i < count; i++) {
		struct object o;
		if (last && addresses[i] >= last->start && addresses[i] < last->end)
			continue;
		if (find_object && find_object((void *)(addresses[i] - 1), &o) == 0)
			add_object(&o, now_ns);
		else if (!find_object && !find_known(addresses[i]))
			dl_iterate_phdr(add_listed, &now_ns);
		last = find_known(addresses[i]);
	}
	__atomic_store_n(&modules.adding, 0, __ATOMIC_RELEASE);
}

const uint8_t *modules_unwind_table(uintptr_t address)
{
	struct object o;

	if (find_object)
		return find_object((void *)address, &o) == 0 ? o.eh_frame : NULL;
	const struct module *m = find_known(address);
	return m ? m->unwind_table : NULL;
}

bool modules_can_find(void)
{
	return find_object != NULL;
}

const struct link_map *modules_link_map(uintptr_t address)
{
	struct object o;

	return find_object && find_object((void *)address, &o) == 0 ? o.link_map : NULL;
}
