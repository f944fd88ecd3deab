/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hears of the deaths of code objects. */
#include "preload/python_deaths.h"

#include <stddef.h>

#include "preload/runtime.h"
#include "preload/sys.h"

/* In PyTypeObject, all versions. */
#define TYPE_DEALLOC 48

#define SLOTS (1u << 15)
#define PROBES 64u
#define DEAD 1u

/*
 * Addresses; 0: never used, so that a search ends here; DEAD: free again.  An object that
 * two threads add at the same time may be there twice.
 */
static uintptr_t *codes;
static void (*real_dealloc)(void *code);

static uint32_t place_of(uintptr_t code, uint32_t probe)
{
	return ((uint32_t)((code >> 4) * 0x9e3779b97f4a7c15u >> 40) + probe) % SLOTS;
}

/* Looks for code; *free_place, unless NULL: where it could be put, SLOTS for nowhere. */
static bool find(uintptr_t code, uint32_t *free_place)
{
	uint32_t room = SLOTS;
	bool found = false;

	for (uint32_t i = 0; i < PROBES && !found; i++) {
		uint32_t place = place_of(code, i);
		uintptr_t there = __atomic_load_n(&codes[place], __ATOMIC_ACQUIRE);
		found = there == code;
		if (there <= DEAD && room == SLOTS)
			room = place;
		if (there == 0)
			break;
	}
	if (free_place)
		*free_place = room;
	return found;
}

bool python_deaths_known(uintptr_t code)
{
	return find(code, NULL);
}

bool python_deaths_add(uintptr_t code)
{
	uint32_t place;

	while (!find(code, &place)) {
		if (place == SLOTS)
			return false;
		uintptr_t there = __atomic_load_n(&codes[place], __ATOMIC_RELAXED);
		if (there <= DEAD)
			__atomic_compare_exchange_n(&codes[place], &there, code, false,
						    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	}
	return true;
}

static bool take_out(uintptr_t code)
{
	bool found = false;

	for (uint32_t i = 0; i < PROBES; i++) {
		uintptr_t *slot = &codes[place_of(code, i)];
		uintptr_t there = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
		if (there == 0)
			break;
		if (there != code)
			continue;
		__atomic_store_n(slot, DEAD, __ATOMIC_RELEASE);
		found = true;
	}
	return found;
}

void (*python_deaths_before)(void);

/* In place of PyCode_Type.tp_dealloc: called with the interpreter's lock, in no signal handler. */
static void code_dies(void *code)
{
	if (python_deaths_before)
		python_deaths_before();
	if (take_out((uintptr_t)code))
		__atomic_add_fetch(&runtime_epoch, 1, __ATOMIC_RELEASE);
	real_dealloc(code);
}

static void (**slot_of(const void *code_type))(void *)
{
	return (void (**)(void *))((uintptr_t)code_type + TYPE_DEALLOC);
}

bool python_deaths_watched(const void *code_type)
{
	return __atomic_load_n(slot_of(code_type), __ATOMIC_RELAXED) == code_dies;
}

bool python_deaths_watch(void *code_type)
{
	void (*now)(void *) = __atomic_load_n(slot_of(code_type), __ATOMIC_RELAXED);

	if (!codes)
		codes = sys_memory(SLOTS * sizeof(*codes));
	if (!codes)
		return false;
	if (now == code_dies)
		return true;
	__atomic_add_fetch(&runtime_epoch, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&real_dealloc, now, __ATOMIC_RELEASE);
	__atomic_store_n(slot_of(code_type), code_dies, __ATOMIC_RELEASE);
	return true;
}
