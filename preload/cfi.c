/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Evaluates call frame information for one address. */
#include "preload/cfi.h"

#include <stddef.h>
#include <string.h>

#include "preload/modules.h"

/* DWARF register numbers: System V ABI AMD64, figure 3.36; DWARF for the Arm 64-bit Architecture. */
#if defined(__x86_64__)
#define REGISTER_FP 6
#define REGISTER_SP 7
#define REGISTER_RA 16
#else
#define REGISTER_FP 29
#define REGISTER_SP 31
#define REGISTER_RA 30
#endif

/* Pointer encodings: Linux Standard Base Core 5.0, section 10.5. */
#define ENCODING_OMIT 0xff
#define ENCODING_PCREL 0x10
#define ENCODING_DATAREL_SDATA4 0x3b

struct input {
	const uint8_t *p, *end;
	bool failed;
};

enum rule_kind { RULE_SAME, RULE_STORED, RULE_UNDEFINED, RULE_OTHER };

struct register_rule {
	enum rule_kind kind;
	enum frame_base base;
	int64_t offset;
};

/* One row of the table that the instructions describe. */
struct row {
	enum { CFA_REGISTER, CFA_STORED, CFA_OTHER } cfa_kind;
	uint64_t cfa_register;
	int64_t cfa_offset;
	struct register_rule fp, ra;
};

struct program {
	uint64_t code_alignment;
	int64_t data_alignment;
	uint8_t pointer_encoding;
	bool has_augmentation_data;
	bool signal_frame;
	struct input instructions; /* of the common information entry */
	uintptr_t start;           /* of the function */
};

static uint64_t read_fixed(struct input *in, size_t bytes)
{
	uint64_t value = 0;

	if ((size_t)(in->end - in->p) < bytes) {
		in->failed = true;
		in->p = in->end;
		return 0;
	}
	memcpy(&value, in->p, bytes);
	in->p += bytes;
	return value;
}

/* A number in 7-bit pieces, the lowest first (DWARF 5, section 7.6). */
static uint64_t read_leb(struct input *in, bool is_signed)
{
	uint64_t value = 0;
	uint8_t byte;
	unsigned int shift = 0;

	do {
		byte = (uint8_t)read_fixed(in, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (is_signed && shift < 64 && (byte & 0x40))
		value |= ~(uint64_t)0 << shift;
	return value;
}

static uint64_t read_uleb(struct input *in)
{
	return read_leb(in, false);
}

static int64_t read_sleb(struct input *in)
{
	return (int64_t)read_leb(in, true);
}

/* The forms without their base: absolute, or relative to where they are. */
static uintptr_t read_pointer(struct input *in, uint8_t encoding)
{
	uintptr_t place = (uintptr_t)in->p;
	uint64_t value;

	switch (encoding & 0x0f) {
	case 0x0: case 0x4: case 0xc:
		value = read_fixed(in, 8);
		break;
	case 0x1:
		value = read_uleb(in);
		break;
	case 0x2:
		value = read_fixed(in, 2);
		break;
	case 0x3:
		value = read_fixed(in, 4);
		break;
	case 0x9:
		value = (uint64_t)read_sleb(in);
		break;
	case 0xa:
		value = (uint64_t)(int16_t)read_fixed(in, 2);
		break;
	case 0xb:
		value = (uint64_t)(int32_t)read_fixed(in, 4);
		break;
	default:
		in->failed = true;
		return 0;
	}
	return (encoding & 0x70) == ENCODING_PCREL ? place + value : value;
}

static void skip(struct input *in, uint64_t bytes)
{
	if (bytes > (uint64_t)(in->end - in->p)) {
		in->failed = true;
		bytes = (uint64_t)(in->end - in->p);
	}
	in->p += bytes;
}

/* An entry's contents behind its length; fails on the 64-bit form, which nobody emits. */
static struct input open_entry(const uint8_t *entry)
{
	uint32_t length;

	memcpy(&length, entry, sizeof(length));
	bool usable = length != 0 && length < 0xfffffff0;
	return (struct input){ entry + 4, entry + 4 + (usable ? length : 0), !usable };
}

/* The letters of an augmentation string that begins with z, and their data. */
static bool read_augmentation(struct input *in, const char *letters, struct program *program)
{
	for (; *letters; letters++) {
		switch (*letters) {
		case 'R':
			program->pointer_encoding = (uint8_t)read_fixed(in, 1);
			break;
		case 'P': {
			uint8_t encoding = (uint8_t)read_fixed(in, 1);
			read_pointer(in, encoding);
			break;
		}
		case 'L':
			read_fixed(in, 1);
			break;
		case 'S':
			program->signal_frame = true;
			break;
		case 'B': /* aarch64: return addresses are signed with the other key */
			break;
		default:
			return false;
		}
	}
	return !in->failed;
}

static bool read_common(const uint8_t *entry, struct program *program)
{
	struct input in = open_entry(entry);

	*program = (struct program){ 0 };
	if (read_fixed(&in, 4) != 0)
		return false;
	uint64_t version = read_fixed(&in, 1);
	const char *augmentation = (const char *)in.p;
	while (read_fixed(&in, 1) != 0 && !in.failed)
		;
	program->code_alignment = read_uleb(&in);
	program->data_alignment = read_sleb(&in);
	uint64_t ra = version == 1 ? read_fixed(&in, 1) : read_uleb(&in);
	if (in.failed || (version != 1 && version != 3) || ra != REGISTER_RA)
		return false;
	if (*augmentation == 'z') {
		program->has_augmentation_data = true;
		uint64_t bytes = read_uleb(&in);
		struct input data = in;
		skip(&in, bytes);
		if (!read_augmentation(&data, augmentation + 1, program))
			return false;
	} else if (*augmentation) {
		return false;
	}
	program->instructions = in;
	return !in.failed;
}

/* The entry whose function may hold pc, by the sorted table of .eh_frame_hdr. */
static const uint8_t *find_entry(const uint8_t *header, uintptr_t pc)
{
	struct input in = { header + 4, header + 64, false };

	if (header[0] != 1 || header[3] != ENCODING_DATAREL_SDATA4 || header[2] == ENCODING_OMIT)
		return NULL;
	read_pointer(&in, header[1]);
	size_t count = read_pointer(&in, header[2]);
	const int32_t *table = (const int32_t *)in.p;
	int64_t offset = (int64_t)(pc - (uintptr_t)header);
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (table[2 * middle] <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 || in.failed ? NULL : header + table[2 * (low - 1) + 1];
}

static void set_rule(struct row *row, uint64_t number, struct register_rule rule)
{
	if (number == REGISTER_FP)
		row->fp = rule;
	else if (number == REGISTER_RA)
		row->ra = rule;
}

static void set_kind(struct row *row, uint64_t number, enum rule_kind kind)
{
	set_rule(row, number, (struct register_rule){ .kind = kind });
}

static void set_stored(struct row *row, uint64_t number, int64_t offset)
{
	set_rule(row, number, (struct register_rule){ RULE_STORED, BASE_CFA, offset });
}

static void restore_rule(struct row *row, const struct row *initial, uint64_t number)
{
	if (number == REGISTER_FP)
		row->fp = initial->fp;
	else if (number == REGISTER_RA)
		row->ra = initial->ra;
}

#define SAVED_ROWS 8

struct machine {
	const struct program *program;
	const struct row *initial;
	struct row row;
	struct row saved[SAVED_ROWS];
	unsigned int saved_count;
	uintptr_t location;
};

/* Instructions with an operand in their opcode: DWARF 5, section 7.24, figure 40. */
static void execute_primary(struct machine *m, struct input *in, uint8_t opcode)
{
	uint8_t operand = opcode & 0x3f;

	switch (opcode & 0xc0) {
	case 0x40:
		m->location += operand * m->program->code_alignment;
		break;
	case 0x80:
		set_stored(&m->row, operand, (int64_t)read_uleb(in) * m->program->data_alignment);
		break;
	default:
		restore_rule(&m->row, m->initial, operand);
	}
}

static void remember_row(struct machine *m, struct input *in)
{
	if (m->saved_count == SAVED_ROWS)
		in->failed = true;
	else
		m->saved[m->saved_count++] = m->row;
}

static void restore_row(struct machine *m, struct input *in)
{
	if (m->saved_count == 0)
		in->failed = true;
	else
		m->row = m->saved[--m->saved_count];
}

static void define_cfa(struct machine *m, uint64_t number, int64_t offset)
{
	m->row.cfa_kind = CFA_REGISTER;
	m->row.cfa_register = number;
	m->row.cfa_offset = offset;
}

/*
 * Of all expressions, the two that compilers and libc emit: a register plus an offset
 * (DW_OP_bregN), and what is stored there (and DW_OP_deref).  The first is where
 * realigned functions and signal frames keep registers, the second their CFA.
 * False for any other.
 */
#define DW_OP_DEREF 0x06
#define DW_OP_BREG0 0x70
static bool read_expression(struct input *in, uint64_t *number, int64_t *offset, bool *stored)
{
	uint64_t bytes = read_uleb(in);
	struct input e = *in;

	skip(in, bytes);
	e.end = in->p;
	uint64_t opcode = read_fixed(&e, 1);
	*number = opcode - DW_OP_BREG0;
	*offset = read_sleb(&e);
	*stored = e.p < e.end && *e.p == DW_OP_DEREF;
	if (*stored)
		e.p++;
	return !e.failed && e.p == e.end && *number < 32;
}

static void define_cfa_by_expression(struct machine *m, struct input *in)
{
	bool stored, known = read_expression(in, &m->row.cfa_register, &m->row.cfa_offset, &stored);

	m->row.cfa_kind = !known ? CFA_OTHER : stored ? CFA_STORED : CFA_REGISTER;
}

static void define_by_expression(struct machine *m, struct input *in)
{
	uint64_t number = read_uleb(in), base;
	struct register_rule rule = { .kind = RULE_OTHER };
	bool stored;

	if (read_expression(in, &base, &rule.offset, &stored) && !stored &&
	    (base == REGISTER_SP || base == REGISTER_FP)) {
		rule.kind = RULE_STORED;
		rule.base = base == REGISTER_SP ? BASE_STACK_POINTER : BASE_FRAME_POINTER;
	}
	set_rule(&m->row, number, rule);
}

static void execute_extended(struct machine *m, struct input *in, uint8_t opcode)
{
	int64_t alignment = m->program->data_alignment;
	uint64_t number;

	switch (opcode) {
	case 0x00: /* nop */
		break;
	case 0x01: /* set_loc */
		m->location = read_pointer(in, m->program->pointer_encoding);
		break;
	case 0x02: /* advance_loc1, 2, 4 */
	case 0x03:
	case 0x04:
		m->location += read_fixed(in, (size_t)1 << (opcode - 2)) * m->program->code_alignment;
		break;
	case 0x05: /* offset_extended */
		number = read_uleb(in);
		set_stored(&m->row, number, (int64_t)read_uleb(in) * alignment);
		break;
	case 0x06: /* restore_extended */
		restore_rule(&m->row, m->initial, read_uleb(in));
		break;
	case 0x07: /* undefined */
		set_kind(&m->row, read_uleb(in), RULE_UNDEFINED);
		break;
	case 0x08: /* same_value */
		set_kind(&m->row, read_uleb(in), RULE_SAME);
		break;
	case 0x09: /* register */
		set_kind(&m->row, read_uleb(in), RULE_OTHER);
		read_uleb(in);
		break;
	case 0x0a: /* remember_state */
		remember_row(m, in);
		break;
	case 0x0b: /* restore_state */
		restore_row(m, in);
		break;
	case 0x0c: /* def_cfa */
		number = read_uleb(in);
		define_cfa(m, number, (int64_t)read_uleb(in));
		break;
	case 0x0d: /* def_cfa_register */
		define_cfa(m, read_uleb(in), m->row.cfa_offset);
		break;
	case 0x0e: /* def_cfa_offset */
		m->row.cfa_offset = (int64_t)read_uleb(in);
		break;
	case 0x0f: /* def_cfa_expression */
		define_cfa_by_expression(m, in);
		break;
	case 0x10: /* expression */
		define_by_expression(m, in);
		break;
	case 0x16: /* val_expression */
		set_kind(&m->row, read_uleb(in), RULE_OTHER);
		skip(in, read_uleb(in));
		break;
	case 0x11: /* offset_extended_sf */
		number = read_uleb(in);
		set_stored(&m->row, number, read_sleb(in) * alignment);
		break;
	case 0x12: /* def_cfa_sf */
		number = read_uleb(in);
		define_cfa(m, number, read_sleb(in) * alignment);
		break;
	case 0x13: /* def_cfa_offset_sf */
		m->row.cfa_offset = read_sleb(in) * alignment;
		break;
	case 0x14: /* val_offset */
		set_kind(&m->row, read_uleb(in), RULE_OTHER);
		read_uleb(in);
		break;
	case 0x2d: /* AARCH64_negate_ra_state: the caller strips signatures always */
		break;
	case 0x2e: /* GNU_args_size */
		read_uleb(in);
		break;
	default:
		in->failed = true;
	}
}

/* Runs up to the row that covers pc; false on an instruction that is not understood. */
static bool execute(struct machine *m, struct input in, uintptr_t pc)
{
	while (in.p < in.end && !in.failed) {
		uint8_t opcode = *in.p++;
		struct row before = m->row;
		if (opcode & 0xc0)
			execute_primary(m, &in, opcode);
		else
			execute_extended(m, &in, opcode);
		if (m->location > pc) {
			m->row = before;
			break;
		}
	}
	return !in.failed;
}

static bool rule_from_row(const struct row *row, bool signal, struct frame_rule *rule)
{
	*rule = (struct frame_rule){ .signal = signal };
	if (row->ra.kind == RULE_UNDEFINED) {
		rule->outermost = true;
		return true;
	}
	if (row->cfa_kind == CFA_OTHER || row->ra.kind != RULE_STORED ||
	    (row->cfa_register != REGISTER_SP && row->cfa_register != REGISTER_FP) ||
	    (row->fp.kind != RULE_SAME && row->fp.kind != RULE_STORED))
		return false;
	rule->cfa_base = row->cfa_register == REGISTER_SP ? BASE_STACK_POINTER : BASE_FRAME_POINTER;
	rule->cfa_is_stored = row->cfa_kind == CFA_STORED;
	rule->cfa_offset = (int32_t)row->cfa_offset;
	rule->return_address_base = row->ra.base;
	rule->return_address_offset = (int32_t)row->ra.offset;
	rule->saves_frame_pointer = row->fp.kind == RULE_STORED;
	rule->frame_pointer_base = row->fp.base;
	rule->frame_pointer_offset = (int32_t)row->fp.offset;
	rule->plain = !rule->cfa_is_stored && !signal && rule->return_address_base == BASE_CFA &&
		      (!rule->saves_frame_pointer || rule->frame_pointer_base == BASE_CFA);
	return true;
}

bool cfi_rule(uintptr_t pc, struct frame_rule *rule)
{
	struct program program;
	uint32_t back;
	const uint8_t *header = modules_unwind_table(pc);
	const uint8_t *entry = header ? find_entry(header, pc) : NULL;

	if (!entry)
		return false;
	struct input in = open_entry(entry);
	memcpy(&back, in.p, sizeof(back));
	if (in.failed || !read_common(in.p - back, &program))
		return false;
	skip(&in, sizeof(back));
	program.start = read_pointer(&in, program.pointer_encoding);
	uintptr_t length = read_pointer(&in, program.pointer_encoding & 0x0f);
	if (in.failed || pc < program.start || pc - program.start >= length)
		return false;
	if (program.has_augmentation_data)
		skip(&in, read_uleb(&in));
	struct row initial = { 0 };
	struct machine m = { .program = &program, .initial = &initial, .location = program.start };
	if (!execute(&m, program.instructions, UINTPTR_MAX))
		return false;
	initial = m.row;
	return execute(&m, in, pc) && rule_from_row(&m.row, program.signal_frame, rule);
}
