/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Takes stacks with libunwind and interns them.
 *
 * libunwind is loaded with dlopen(RTLD_LOCAL): linked to a preloaded library, its
 * _Unwind_* functions would take the place of libgcc's in C++ code that is loaded
 * late.  Of it only unw_backtrace() is used.  What that does on a cache miss
 * takes libunwind's locks, with all signals blocked, and the loader's (in
 * dl_iterate_phdr(), recursive).  So a handler never finds its own thread inside;
 * what remains is a fork while another thread is: thread->in_libunwind tells the
 * child, which then does without stacks (lifecycle.c).
 */
#include "preload/stack.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "preload/config.h"
#include "preload/memo.h"
#include "preload/modules.h"
#include "preload/ring.h"
#include "preload/sys.h"

/* Our own frames between unw_backtrace() and the program: hook, call, this file. */
#define OWN_FRAMES_MAX 12u

#define TABLE_SLOTS (1u << 18)
#define PROBES 64u

static int (*unwind)(void **addresses, int count);
enum trt_stacks stack_state = TRT_STACKS_OFF_BY_SETTING;

/*
 * Hashes of the stacks that were written, 0: free.  A stack's id is its place + 1,
 * known before its record is written, so that no thread ever waits for another.
 */
static uint64_t *table;

void stack_disable(enum trt_stacks reason)
{
	if (stack_state == TRT_STACKS_ON)
		stack_state = reason;
}

void stack_init(void)
{
	void *addresses[4];

	if (config.stack_depth == 0)
		return;
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	if (library)
		unwind = (__typeof__(unwind))dlsym(library, "unw_backtrace");
	table = sys_memory(TABLE_SLOTS * sizeof(*table));
	stack_state = unwind && table ? TRT_STACKS_ON : TRT_STACKS_NO_LIBUNWIND;
	/* Its one-time set-up, while nothing can be locked. */
	if (stack_state == TRT_STACKS_ON)
		unwind(addresses, 4);
}

void stack_forget(void)
{
	if (table)
		sys(madvise, table, TABLE_SLOTS * sizeof(*table), MADV_DONTNEED);
	__atomic_add_fetch(&modules_generation, 1, __ATOMIC_RELEASE);
}

/* Multiply and fold, after wyhash (Wang Yi, public domain). */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Two lanes, as the processor multiplies two numbers in the time of one. */
static uint64_t hash_addresses(const uintptr_t *addresses, size_t depth, uint32_t generation)
{
	uint64_t a = 0x2d358dccaa6c78a5u + depth, b = 0x8bb84b93962eacc9u + generation;
	size_t i = 0;

	for (; i + 4 <= depth; i += 4) {
		a = mix(a ^ addresses[i], addresses[i + 1] ^ 0x4b33a62ed433d4a3u);
		b = mix(b ^ addresses[i + 2], addresses[i + 3] ^ 0x4d5a2da51de1aa47u);
	}
	for (; i < depth; i++)
		a = mix(a ^ addresses[i], 0x4b33a62ed433d4a3u);
	uint64_t hash = mix(a ^ 0x2d358dccaa6c78a5u, b);
	return hash ? hash : 1;
}

static void log_stack(uint32_t id, const uintptr_t *addresses, size_t depth, uint64_t now_ns)
{
	struct trt_record *record =
		ring_record(sizeof(struct trt_stack) + depth * sizeof(*addresses));

	if (!record)
		return;
	struct trt_stack *r = (struct trt_stack *)record;
	r->first_seen_ns = now_ns;
	r->depth = (uint32_t)depth;
	memcpy(r + 1, addresses, depth * sizeof(*addresses));
	ring_publish(record, TRT_RECORD_STACK, depth == config.stack_depth, id);
}

/* The stack's id; writes it to the trace if it is new.  0 if the table is full. */
static uint32_t intern(const uintptr_t *addresses, size_t depth, uint64_t now_ns)
{
	uint64_t hash = hash_addresses(addresses, depth, modules_generation);

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t place = (uint32_t)(hash + i) % TABLE_SLOTS;
		uint64_t found = __atomic_load_n(&table[place], __ATOMIC_RELAXED);
		if (found == hash)
			return place + 1;
		if (found == 0) {
			if (__atomic_compare_exchange_n(&table[place], &found, hash, false,
							__ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
				modules_learn(addresses, depth, now_ns);
				log_stack(place + 1, addresses, depth, now_ns);
				return place + 1;
			}
			if (found == hash)
				return place + 1;
		}
	}
	return 0;
}

/* This library's mapping, by the linker's symbols for its ends. */
extern const uint8_t __ehdr_start[] __attribute__((visibility("hidden")));
extern const uint8_t _end[] __attribute__((visibility("hidden")));

/*
 * How many of the innermost addresses are ours: a hook may be reached through another
 * function of this library (raw.c).  They belong to what the memo compares, but not to
 * the stack that is shown.
 */
static size_t own_addresses(const uintptr_t *addresses, size_t depth)
{
	size_t own = 0;

	while (own < depth && addresses[own] - (uintptr_t)__ehdr_start <
				      (size_t)(_end - __ehdr_start))
		own++;
	return own;
}

/* Inlined where it counts: each frame of our own costs the unwinder as much as one of the program's. */
static inline __attribute__((always_inline)) size_t
unwind_from(struct thread *t, const struct frame *caller, uintptr_t **addresses)
{
	uintptr_t *scratch = memo_scratch(t->memo);
	int saved_errno = errno;

	__atomic_store_n(&t->in_libunwind, 1, __ATOMIC_RELAXED);
	int count = unwind((void **)scratch, (int)(config.stack_depth + OWN_FRAMES_MAX));
	__atomic_store_n(&t->in_libunwind, 0, __ATOMIC_RELEASE);
	errno = saved_errno;
	/* The program begins where the intercepted function returns to. */
	for (int own = 0; own < count && own < (int)OWN_FRAMES_MAX; own++) {
		if (scratch[own] != caller->return_address)
			continue;
		size_t depth = (size_t)(count - own);
		*addresses = scratch + own;
		return depth < config.stack_depth ? depth : config.stack_depth;
	}
	return 0;
}

size_t stack_unwind(struct thread *t, const struct frame *caller, uintptr_t **addresses)
{
	return unwind_from(t, caller, addresses);
}

static inline __attribute__((always_inline)) uint32_t
capture_anew(struct thread *t, const struct frame *caller, uint64_t now_ns)
{
	uintptr_t *addresses;
	size_t depth = unwind_from(t, caller, &addresses);
	size_t own = own_addresses(addresses, depth);
	uint32_t id = depth > own ? intern(addresses + own, depth - own, now_ns) : 0;

	if (!id)
		ring_count(lost_stacks);
	else if (config.stack_memo)
		memo_learn(t->memo, caller, addresses, depth, id);
	return id;
}

/* TRACEROUNDTRIP_STACK_MEMO=check: what was remembered has to be what is there. */
static uint32_t check(struct thread *t, const struct frame *caller, uint32_t id, uint64_t now_ns)
{
	uintptr_t *addresses;
	size_t depth = stack_unwind(t, caller, &addresses);
	size_t own = own_addresses(addresses, depth);
	uint32_t found = depth > own ? intern(addresses + own, depth - own, now_ns) : 0;

	if (found != id)
		ring_note("a remembered stack was not the one there", now_ns);
	return found;
}

uint32_t stack_take(struct thread *t, const struct frame *caller, uint64_t now_ns)
{
	if (__builtin_expect(!t->memo, 0) && !(t->memo = memo_new())) {
		ring_count(lost_stacks);
		return 0;
	}
	uint32_t id = memo_find(t->memo, caller, modules_generation);
	if (__builtin_expect(!id, 0))
		return capture_anew(t, caller, now_ns);
	return __builtin_expect(config.check_memo, 0) ? check(t, caller, id, now_ns) : id;
}
