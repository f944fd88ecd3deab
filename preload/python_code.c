/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads CPython's code objects. */
#include "preload/python_code.h"

#include <stddef.h>

#include "preload/language.h"
#include "preload/memory.h"

/* The same in all versions: PyObject, PyVarObject, PyASCIIObject, PyBytesObject. */
#define OBJECT_TYPE 8
#define OBJECT_SIZE 16
#define TEXT_LENGTH 16
#define TEXT_STATE 32
#define BYTES_DATA 32

/* Of tables of lines: more is not read. */
#define TABLE_BYTES_MAX (1u << 20)

static uintptr_t word_at(uintptr_t address)
{
	return *(const uintptr_t *)address;
}

static bool is_object(uintptr_t address, const void *type, size_t bytes)
{
	return address && address % sizeof(uintptr_t) == 0 &&
	       memory_readable((const void *)address, bytes) &&
	       word_at(address + OBJECT_TYPE) == (uintptr_t)type;
}

static size_t code_bytes(const struct python_layout *l)
{
	return python_points(l) ? l->code_instructions : l->code_lines + sizeof(uintptr_t);
}

bool python_is_code(const struct python_objects *o, uintptr_t address)
{
	return is_object(address, o->code_type, code_bytes(&o->layout));
}

bool python_code_sound(const struct python_objects *o, uintptr_t code)
{
	const struct python_layout *l = &o->layout;

	return is_object(word_at(code + l->code_name), o->text_type, l->text_ascii) &&
	       is_object(word_at(code + l->code_file), o->text_type, l->text_ascii) &&
	       is_object(word_at(code + l->code_lines), o->bytes_type, BYTES_DATA) &&
	       *(const int32_t *)(code + l->code_first_line) >= 0;
}

uint32_t python_code_length(const struct python_objects *o, uintptr_t code)
{
	const struct python_layout *l = &o->layout;
	uintptr_t bytes = word_at(code + l->code_instructions);

	if (python_points(l))
		return (uint32_t)word_at(code + OBJECT_SIZE);
	if (!is_object(bytes, o->bytes_type, BYTES_DATA))
		return 0;
	return (uint32_t)word_at(bytes + OBJECT_SIZE) / (l->minor < 10 ? 1 : 2);
}

/* Strings */

struct utf8 {
	char *to;
	size_t size, used;
};

/* RFC 3629; false if there is no room. */
static bool add_character(struct utf8 *u, uint32_t c)
{
	size_t bytes = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	if (c >= 0xdc80 && c <= 0xdcff) {
		/* A byte of a file's name that is no UTF-8 (PEP 383). */
		if (u->used == u->size)
			return false;
		u->to[u->used++] = (char)c;
		return true;
	}
	if (u->size - u->used < bytes)
		return false;
	for (size_t i = bytes - 1; i > 0; i--, c >>= 6)
		u->to[u->used + i] = (char)(0x80 | (c & 0x3f));
	u->to[u->used] = (char)(leads[bytes] | c);
	u->used += bytes;
	return true;
}

/* Bits 0: interned; kind: bytes of a character; compact; ascii.  In 3.14 interned takes 16 bits. */
struct text_state {
	uint32_t kind;
	bool compact, ascii;
};

static struct text_state state_of(uintptr_t text)
{
	uint32_t bits = *(const uint32_t *)(text + TEXT_STATE) >> 2;

	if (!(bits & 7))
		bits >>= 14;
	return (struct text_state){ bits & 7, bits >> 3 & 1, bits >> 4 & 1 };
}

static uint32_t character_at(uintptr_t characters, uint32_t kind, size_t i)
{
	switch (kind) {
	case 1:
		return ((const uint8_t *)characters)[i];
	case 2:
		return ((const uint16_t *)characters)[i];
	default:
		return ((const uint32_t *)characters)[i];
	}
}

/* The string (PEP 393) in UTF-8, cut short to size; empty if it is not one as CPython makes them. */
static struct language_text read_text(const struct python_objects *o, uintptr_t text, char *to,
				      size_t size)
{
	struct utf8 u = { to, size, 0 };

	if (!is_object(text, o->text_type, o->layout.text_ascii))
		return (struct language_text){ to, 0 };
	struct text_state state = state_of(text);
	size_t length = word_at(text + TEXT_LENGTH);
	uintptr_t characters =
		text + (state.ascii ? o->layout.text_ascii : o->layout.text_other);
	if (length > size)
		length = size;
	if (!state.compact || (state.kind != 1 && state.kind != 2 && state.kind != 4) ||
	    !memory_readable((const void *)characters, length * state.kind))
		return (struct language_text){ to, 0 };
	for (size_t i = 0; i < length; i++)
		if (!add_character(&u, character_at(characters, state.kind, i)))
			break;
	return (struct language_text){ to, (uint16_t)u.used };
}

uint32_t python_code_function(const struct python_objects *o, uintptr_t code,
			      struct python_names *names)
{
	const struct python_layout *l = &o->layout;
	int32_t first_line = *(const int32_t *)(code + l->code_first_line);
	struct language_text name = read_text(o, word_at(code + l->code_name), names->name,
					      sizeof(names->name));
	struct language_text file = read_text(o, word_at(code + l->code_file), names->file,
					      sizeof(names->file));

	return language_function(TRT_LANGUAGE_PYTHON, name, file,
				 first_line > 0 ? (uint32_t)first_line : 0);
}

/* Lines */

struct table {
	const uint8_t *at, *end;
};

/* To 3.9: pairs of how far in bytes, and how many lines (CPython, Objects/lnotab_notes.txt). */
static int64_t line_by_pairs(struct table t, int64_t line, int32_t instruction)
{
	int32_t address = 0;

	for (; t.end - t.at >= 2; t.at += 2) {
		address += t.at[0];
		if (address > instruction)
			break;
		line += (int8_t)t.at[1];
	}
	return line;
}

/* 3.10: the same, of the range that begins here; -128 lines: it has none (PEP 626). */
static int64_t line_by_ranges(struct table t, int64_t line, int32_t instruction)
{
	int32_t end = 0;

	for (; t.end - t.at >= 2; t.at += 2) {
		bool none = (int8_t)t.at[1] == -128;
		end += t.at[0];
		line += none ? 0 : (int8_t)t.at[1];
		if (end > instruction * 2)
			return none ? 0 : line;
	}
	return 0;
}

/* 6 bits a byte, the lowest first; bit 6: more follow. */
static uint32_t read_varint(struct table *t)
{
	uint32_t value = 0;

	for (unsigned int shift = 0; t->at < t->end && shift < 32; shift += 6) {
		uint8_t byte = *t->at++;
		value |= (uint32_t)(byte & 0x3f) << shift;
		if (!(byte & 0x40))
			break;
	}
	return value;
}

static int64_t read_signed_varint(struct table *t)
{
	uint32_t value = read_varint(t);

	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

enum location_kind { LOCATION_ONE_LINE = 10, LOCATION_NO_COLUMNS = 13, LOCATION_LONG, LOCATION_NONE };

/*
 * From 3.11: entries 1kkkklll, of l + 1 units of 2 bytes and of kind k (CPython,
 * InternalDocs/code_objects.md).  One without a line leaves the line of those behind it alone.
 */
static int64_t line_by_locations(struct table t, int64_t line, int32_t instruction)
{
	int32_t end = 0;

	while (t.at < t.end) {
		uint8_t first = *t.at++;
		uint32_t kind = first >> 3 & 15;
		end += (first & 7) + 1;
		if (kind < LOCATION_ONE_LINE) {
			t.at += 1; /* columns, on the same line */
		} else if (kind < LOCATION_NO_COLUMNS) {
			line += kind - LOCATION_ONE_LINE;
			t.at += 2;
		} else if (kind != LOCATION_NONE) {
			line += read_signed_varint(&t);
		}
		if (kind == LOCATION_LONG)
			for (int i = 0; i < 3; i++)
				read_varint(&t); /* last line, columns */
		if (end > instruction)
			return kind == LOCATION_NONE ? 0 : line;
	}
	return 0;
}

uint32_t python_code_line(const struct python_objects *o, uintptr_t code, int32_t instruction)
{
	const struct python_layout *l = &o->layout;
	uintptr_t lines = word_at(code + l->code_lines);
	int64_t line = *(const int32_t *)(code + l->code_first_line);

	if (!is_object(lines, o->bytes_type, BYTES_DATA))
		return 0;
	size_t bytes = word_at(lines + OBJECT_SIZE);
	struct table t = { (const uint8_t *)lines + BYTES_DATA,
			   (const uint8_t *)lines + BYTES_DATA + bytes };
	if (bytes > TABLE_BYTES_MAX || !memory_readable(t.at, bytes))
		return 0;
	if (instruction >= 0)
		line = python_points(l) ? line_by_locations(t, line, instruction) :
		       l->minor == 10   ? line_by_ranges(t, line, instruction) :
					  line_by_pairs(t, line, instruction);
	return line > 0 && line <= UINT32_MAX ? (uint32_t)line : 0;
}
