/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPython's frames.
 *
 * They are a linked list that hangs on the thread's state, and as the thread is in our hook it
 * stands still, whether the thread holds the interpreter's lock or not: it can be read with plain
 * loads.  PyGILState_GetThisThreadState() gives the state without the lock (CPython's own
 * faulthandler relies on that).  What could go wrong, and what is done about it:
 *
 * - Another layout than we think.  The version chooses it; the interpreter's own list of members
 *   has to agree; from 3.13 on it tells its offsets itself.  The thread's number has to be ours
 *   at each capture.  The first stack is read with every page asked about before, and every object's
 *   type looked at; only if all is right are plain loads used afterwards.
 * - Half-made frames: only where a signal interrupted the interpreter.  There each stack is
 *   read like the first, and not remembered.
 * - An interpreter that ends, and frees its threads' states: it says so.  What is left is a daemon
 *   thread that loses the processor while it reads, for the milliseconds until they are freed.
 * - Code objects that die, and others in their place: see python_deaths.h.
 * - An interpreter that is unloaded: one that came late is looked for at each capture.
 *
 * Whatever is in doubt switches this off for the process, with the reason in the trace.
 */
#include "preload/python.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "preload/config.h"
#include "preload/dynsym.h"
#include "preload/language.h"
#include "preload/memory.h"
#include "preload/mix.h"
#include "preload/modules.h"
#include "preload/python_code.h"
#include "preload/python_deaths.h"
#include "preload/ring.h"
#include "preload/text.h"

/* Owners of frames from 3.11 on (CPython, pycore_frame.h): those from here on run no function. */
#define OWNER_GENERATOR 1u
#define OWNER_INTERPRETER 3u
#define NO_MEMORY "there is no memory for its tables"

static struct {
	enum trt_runtime_state state; /* 0: none was found */
	bool checked;                 /* its first stack was what it should be */
	const struct link_map *late;  /* where it is, if that may be unloaded */
	struct python_objects objects;
	void *code_type;
	uint8_t *(*thread_state)(void);
	int (*finalizing)(void);
	uint32_t version;
	uintptr_t loop_start, loop_end;
	char why_off[160];
} python;

static void switch_off(const char *why)
{
	struct text t = text_into(python.why_off, sizeof(python.why_off));

	text_add(&t, why);
	__atomic_store_n(&python.state, TRT_RUNTIME_OFF, __ATOMIC_RELEASE);
	runtime_changed(&python_runtime);
}

/* Is it there? */

/*
 * Data of a library that the program refers to may be in the program instead (ELF's copy
 * relocations), which comes first in the list.
 */
static void *find_data(const struct link_map *object, const char *name)
{
	void *found = dynsym_data(_r_debug.r_map, name, NULL);

	return found ? found : dynsym_data(object, name, NULL);
}

/* As PY_VERSION_HEX; before 3.11 without what follows the third number; 0 if it tells none. */
static uint32_t find_version(const struct link_map *object)
{
	const uint32_t *hex = find_data(object, "Py_Version");
	const char *(*get)(void) = (const char *(*)(void))dynsym_find(object, "Py_GetVersion", NULL);
	uint32_t version = 0;

	if (hex)
		return *hex;
	/* It prints its three constants into memory of its own, each time the same. */
	const char *text = get ? get() : "";
	for (int shift = 24; shift >= 8; shift -= 8) {
		char *end;
		version |= (uint32_t)(strtoul(text, &end, 10) & 0xff) << shift;
		if (*end != '.')
			break;
		text = end + 1;
	}
	return version;
}

/* NULL, or why its frames are not recorded. */
static const char *get_ready(const struct link_map *object)
{
	struct python_objects *o = &python.objects;
	uint32_t version = python.version;
	const char *why;

	if (!config.python)
		return "switched off by TRACEROUNDTRIP_PYTHON=0";
	if (!language_init())
		return NO_MEMORY;
	if (dynsym_find(object, "PyModule_Create2TraceRefs", NULL))
		return "it is built with Py_TRACE_REFS";
	if (config.python_layout)
		version = (version & 0xffff) | 3u << 24 | config.python_layout << 16;
	why = python_layout_find(&o->layout, version, find_data(object, "_PyRuntime"));
	if (why)
		return why;
	python.code_type = find_data(object, "PyCode_Type");
	o->code_type = python.code_type;
	o->text_type = find_data(object, "PyUnicode_Type");
	o->bytes_type = find_data(object, "PyBytes_Type");
	python.finalizing = (int (*)(void))dynsym_find(object, "Py_IsFinalizing", NULL);
	if (!python.finalizing)
		python.finalizing = (int (*)(void))dynsym_find(object, "_Py_IsFinalizing", NULL);
	if (!o->code_type || !o->text_type || !o->bytes_type || !python.finalizing)
		return "it does not export what is needed";
	if (!config.python_layout && !python_layout_agrees(&o->layout, o->code_type))
		return "its code objects are not those of its version";
	return NULL;
}

static bool present(const struct link_map *object, bool late)
{
	void *function = dynsym_find(object, "PyGILState_GetThisThreadState", NULL);
	size_t loop_bytes = 0;

	if (!function || python.state)
		return false; /* of two interpreters the first one counts */
	python.thread_state = (uint8_t * (*)(void)) function;
	python.late = late ? object : NULL;
	python.checked = false;
	python.version = find_version(object);
	python.loop_start =
		(uintptr_t)dynsym_data(object, "_PyEval_EvalFrameDefault", &loop_bytes);
	python.loop_end = python.loop_start + loop_bytes;
	const char *why = get_ready(object);
	struct text t = text_into(python.why_off, sizeof(python.why_off));
	text_add(&t, why ? why : "");
	__atomic_store_n(&python.state, why ? TRT_RUNTIME_OFF : TRT_RUNTIME_FOUND, __ATOMIC_RELEASE);
	return true;
}

static struct runtime_status status(void)
{
	return (struct runtime_status){
		.state = python.state,
		.version = python.version,
		.loop_start = python.loop_start,
		.loop_end = python.loop_end,
		.why_off = python.state == TRT_RUNTIME_OFF ? python.why_off : NULL,
	};
}

/* Where the frames are */

static uintptr_t word_at(uintptr_t address)
{
	return *(const uintptr_t *)address;
}

/* Of user addresses; a load from beyond is a fault. */
#if defined(__x86_64__)
#define ADDRESS_BITS 47
#else
#define ADDRESS_BITS 48
#endif

static inline bool is_frame(uintptr_t address)
{
	return (address & (~(uintptr_t)0 << ADDRESS_BITS | (sizeof(uintptr_t) - 1))) == 0;
}

/* Has it been unloaded since?  Then another one may come, or the same one to the same place. */
static bool is_gone(void)
{
	if (__builtin_expect(!python.late, 1))
		return false;
	if (modules_link_map((uintptr_t)python.thread_state) != python.late) {
		__atomic_store_n(&python.state, 0, __ATOMIC_RELEASE);
		return true;
	}
	if (python.checked && !python_deaths_watched(python.code_type))
		python.checked = false;
	return false;
}

/* The calling thread's state; 0 if it runs no Python, or cannot be asked, or is another's. */
static uintptr_t thread_state(void)
{
	enum trt_runtime_state state = __atomic_load_n(&python.state, __ATOMIC_ACQUIRE);

	if ((state != TRT_RUNTIME_ON && state != TRT_RUNTIME_FOUND) || is_gone() ||
	    python.finalizing())
		return 0;
	uintptr_t thread = (uintptr_t)python.thread_state();
	if (!thread || word_at(thread + python.objects.layout.thread_id) != thread_self->handle)
		return 0;
	return thread;
}

static uintptr_t innermost_frame(uintptr_t thread)
{
	const struct python_layout *l = &python.objects.layout;
	uintptr_t frame = word_at(thread + l->thread_frame);

	return l->thread_has_cframe && frame ? word_at(frame + l->cframe_frame) : frame;
}

/* Multiply and shift, after MurmurHash3 (Austin Appleby, public domain). */
static inline uint64_t add_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

/* Says which instruction of which code the frame is at, and whether it is the outermost one. */
static inline __attribute__((always_inline)) uint64_t
word_of(uintptr_t frame, enum python_entries entries, uint16_t code, uint16_t instruction,
	uint16_t entry)
{
	if (entries == PYTHON_EACH_FRAME)
		return word_at(frame + code) ^
		       *(const uint32_t *)(frame + instruction) * 0x8bb84b93962eacc9u;
	/* The instruction lies in the code; its address is even. */
	return word_at(frame + instruction) |
	       (entries == PYTHON_ENTRY_FLAG ? *(const uint8_t *)(frame + entry) : 0);
}

/* In two lanes, so that neither waits: the next frame's address takes as long to load. */
static inline __attribute__((always_inline)) uint64_t
hash_frames(uintptr_t frame, size_t max, enum python_entries entries)
{
	const struct python_layout *l = &python.objects.layout;
	uint16_t code = l->frame_code, instruction = l->frame_instruction, entry = l->frame_entry;
	uint16_t previous = l->frame_previous;
	uint64_t lanes[2] = { 0x2d358dccaa6c78a5u, 0x4b33a62ed433d4a3u };
	uintptr_t next;
	size_t n;

	for (n = 0; frame && n < max; n += 2, frame = next) {
		if (!is_frame(frame))
			return RUNTIME_STACK_NEW;
		next = word_at(frame + previous);
		lanes[0] = add_word(lanes[0], word_of(frame, entries, code, instruction, entry));
		if (!next)
			break;
		if (!is_frame(next))
			return RUNTIME_STACK_NEW;
		lanes[1] = add_word(lanes[1], word_of(next, entries, code, instruction, entry));
		next = word_at(next + previous);
	}
	return mix(lanes[0] ^ (frame != 0), lanes[1]);
}

static uint64_t capture(size_t max)
{
	uintptr_t thread = thread_state();

	if (!thread)
		return 0;
	if (__builtin_expect(!python.checked, 0))
		return RUNTIME_STACK_NEW;
	uintptr_t frame = innermost_frame(thread);
	if (!frame)
		return 0;
	switch (python.objects.layout.entries) {
	case PYTHON_EACH_FRAME:
		return hash_frames(frame, max, PYTHON_EACH_FRAME);
	case PYTHON_ENTRY_FLAG:
		return hash_frames(frame, max, PYTHON_ENTRY_FLAG);
	default:
		return hash_frames(frame, max, PYTHON_ENTRY_FRAME);
	}
}

/* What the frames say */

struct frame {
	uintptr_t previous, code;
	int32_t instruction; /* as for python_code_line() */
	uint64_t key;        /* says which code and which instruction */
	bool shim;           /* runs no function: stands behind the outermost of an activation */
	bool hidden;         /* has not begun yet, and is left out of tracebacks */
	bool entry;          /* the outermost one of its activation */
	bool generator;      /* of a generator or a coroutine */
};

/* Up to the last field that is read: more may not be there. */
static size_t frame_bytes(const struct python_layout *l)
{
	return python_points(l) ? l->frame_owner + 1u : l->frame_instruction + sizeof(int32_t);
}

/* False if it cannot be read, or runs what is no code. */
static bool read_frame(uintptr_t address, struct frame *f)
{
	const struct python_objects *o = &python.objects;
	const struct python_layout *l = &o->layout;

	*f = (struct frame){ 0 };
	if (!is_frame(address) || !memory_readable((const void *)address, frame_bytes(l)))
		return false;
	uint8_t owner = python_points(l) ? *(const uint8_t *)(address + l->frame_owner) : 0;
	f->previous = word_at(address + l->frame_previous);
	f->shim = l->entries == PYTHON_ENTRY_FRAME && owner >= OWNER_INTERPRETER;
	if (f->shim)
		return true;
	/* 3.14 marks references in their lowest bits. */
	f->code = word_at(address + l->frame_code) & ~(uintptr_t)7;
	if (!f->code || (!python_deaths_known(f->code) && !python_is_code(o, f->code)))
		return false;
	if (!python_points(l)) {
		f->instruction = *(const int32_t *)(address + l->frame_instruction);
		f->key = mix(f->code, (uint64_t)(uint32_t)f->instruction ^ 0x8bb84b93962eacc9u);
		f->entry = true;
		return true;
	}
	uintptr_t at = word_at(address + l->frame_instruction);
	uintptr_t begin = f->code + l->code_instructions;
	/* In the object, before the instructions: _co_firsttraceable. */
	int32_t first = *(const int32_t *)(begin - 16);
	f->instruction = (int32_t)((intptr_t)(at - begin) / 2);
	f->key = mix(at, 0x8bb84b93962eacc9u);
	f->generator = owner == OWNER_GENERATOR;
	f->hidden = !f->generator && f->instruction < first;
	f->entry = l->entries == PYTHON_ENTRY_FLAG && *(const uint8_t *)(address + l->frame_entry);
	return true;
}

/* All that is read of the first stack's frames, and of those that a signal may have interrupted. */
static bool is_sound(const struct frame *f)
{
	const struct python_objects *o = &python.objects;

	return f->shim || (python_code_sound(o, f->code) && f->instruction >= -1 &&
			   (f->instruction < 0 ||
			    (uint32_t)f->instruction < python_code_length(o, f->code)));
}

/* The number of a frame; what is remembered of it dies with its code. */
static uint32_t frame_number(const struct frame *f, struct runtime_stack *s)
{
	const struct python_objects *o = &python.objects;
	uint32_t id = s->passing ? 0 : runtime_frame(s->memo, f->key);

	if (id)
		return id;
	if (!s->passing && !python_deaths_add(f->code))
		s->passing = true;
	uint32_t function = python_code_function(o, f->code, runtime_names(s->memo));
	id = language_frame(TRT_LANGUAGE_PYTHON, function,
			    python_code_line(o, f->code, f->instruction));
	if (!s->passing)
		runtime_remember_frame(s->memo, f->key, id);
	return id;
}

/* The activation ends: its outermost frame gets the mark, or stands for it where it has none to show. */
static void end_activation(struct runtime_stack *s, bool has_frames)
{
	if (has_frames)
		s->frames[s->depth - 1] |= TRT_FRAME_ENTRY;
	else
		s->frames[s->depth++] = TRT_FRAME_ENTRY;
}

/* Fills in s; false if some frame is not what it should be, or there is no more room. */
static bool describe_frames(uintptr_t at, struct runtime_stack *s, bool look_closely,
			    const char **doubt)
{
	bool has_frames = false; /* of the activation that is going on */
	struct frame f = { 0 };
	size_t seen = 0;

	for (; at && seen < s->max; at = f.previous, seen++) {
		*doubt = "a frame of its stack is not what it should be";
		if (!read_frame(at, &f) || (look_closely && !is_sound(&f)))
			return false;
		*doubt = NULL;
		/* Hidden ones are not described, but the stack is known by them too. */
		if (f.hidden && !s->passing && !python_deaths_add(f.code))
			s->passing = true;
		if (!f.shim && !f.hidden) {
			uint32_t id = frame_number(&f, s);
			if (!id)
				return false;
			s->frames[s->depth++] = id;
			has_frames = true;
		}
		if (f.shim || f.entry) {
			end_activation(s, has_frames);
			has_frames = false;
		}
	}
	/* While a generator is left, it may not be linked to its caller any more. */
	s->cut_short = at != 0 || (s->interrupted && f.generator);
	return true;
}

/*
 * Objects die in every interpreter that ends, long before it frees the states and frames of
 * threads that it leaves behind (daemon threads), which may be in the middle of a walk.
 */
static void before_death(void)
{
	static bool waited;

	if (!python.finalizing()) {
		waited = false;
	} else if (!waited) {
		waited = true;
		runtime_wait_for_takers();
	}
}

static bool describe(struct runtime_stack *s)
{
	uintptr_t thread = thread_state();
	bool first = !python.checked;
	const char *doubt = NULL;

	if (!thread || (first && s->interrupted))
		return false;
	if (first && !python_deaths_watch(python.code_type)) {
		switch_off(NO_MEMORY);
		return false;
	}
	if (first) {
		runtime_expect_end();
		python_deaths_before = before_death;
	}
	s->passing = first || s->interrupted;
	uintptr_t frame = innermost_frame(thread);
	bool described = describe_frames(frame, s, s->passing, &doubt);
	if (!described)
		ring_count(lost_stacks);
	if (doubt && !s->interrupted)
		switch_off(doubt);
	if (described && first && s->depth) {
		python.checked = true;
		__atomic_store_n(&python.state, TRT_RUNTIME_ON, __ATOMIC_RELEASE);
		runtime_changed(&python_runtime);
	}
	return described;
}

const struct runtime python_runtime = {
	.language = TRT_LANGUAGE_PYTHON,
	.present = present,
	.capture = capture,
	.describe = describe,
	.status = status,
};
