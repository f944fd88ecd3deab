/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions, what was inlined into them, and lines, from DWARF (DWARF 5, chapters 2 and 3). */
#include "analyzer/symbols/dwarf.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/symbols/ranges.h"
#include "analyzer/util/alloc.h"

/* Deeper than compilers nest blocks; damaged files go no further. */
#define NESTING_MAX 512

/* A compilation unit: its functions are listed when an address in it is first asked for. */
struct unit {
	Dwarf_Die skeleton;  /* has the lines; with split DWARF only those */
	Dwarf_Die die;       /* has the functions */
	bool listed;
	bool incomplete;     /* its other half is missing */
	Dwarf_Die *functions;
	size_t count, room;
	struct ranges ranges; /* holder: the function's index */
};

struct dwarf_names {
	Dwarf *dwarf;
	struct unit *units;
	size_t count, room;
	struct ranges ranges; /* holder: the unit's index */
	struct arena texts;
};

/* Adds where the code of a unit or function lies. */
static void add_ranges(struct ranges *r, Dwarf_Die *die, size_t holder)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t next = 0;

	/* A start of 0: the linker left the code out. */
	while ((next = dwarf_ranges(die, next, &base, &start, &end)) > 0) {
		if (start)
			ranges_add(r, start, end, holder);
	}
}

struct dwarf_names *dwarf_names_new(Dwarf *dwarf)
{
	struct dwarf_names *d = xcalloc(1, sizeof(*d));
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	d->dwarf = dwarf;
	while (dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die, NULL) == 0) {
		if (type != DW_UT_compile && type != DW_UT_skeleton)
			continue;
		d->units = xgrow(d->units, d->count, &d->room, sizeof(*d->units));
		d->units[d->count] = (struct unit){ .skeleton = die, .die = die };
		add_ranges(&d->ranges, &die, d->count++);
	}
	ranges_sort(&d->ranges);
	return d;
}

void dwarf_names_free(struct dwarf_names *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++) {
		free(d->units[i].functions);
		ranges_free(&d->units[i].ranges);
	}
	free(d->units);
	ranges_free(&d->ranges);
	arena_free(&d->texts);
	free(d);
}

/*
 * To the next sibling.  Returns false at the end, and where a damaged file would lead
 * backwards, for ever.
 */
static bool next_sibling(Dwarf_Die *die)
{
	Dwarf_Off here = dwarf_dieoffset(die);

	return dwarf_siblingof(die, die) == 0 && dwarf_dieoffset(die) > here;
}

/* These have no functions below them. */
static bool is_leaf(int tag)
{
	return tag == DW_TAG_enumeration_type || tag == DW_TAG_array_type ||
	       tag == DW_TAG_subroutine_type || tag == DW_TAG_inlined_subroutine ||
	       tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site;
}

/* Functions are below namespaces, types and other functions, too. */
static void list_functions(struct unit *u, Dwarf_Die *parent, unsigned nesting)
{
	Dwarf_Die die;

	if (nesting > NESTING_MAX || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);
		if (tag == DW_TAG_subprogram) {
			size_t before = u->ranges.count;
			add_ranges(&u->ranges, &die, u->count);
			if (u->ranges.count > before) {
				u->functions = xgrow(u->functions, u->count, &u->room,
						     sizeof(*u->functions));
				u->functions[u->count++] = die;
			}
		}
		if (!is_leaf(tag))
			list_functions(u, &die, nesting + 1);
	} while (next_sibling(&die));
}

static void list_unit(struct unit *u)
{
	Dwarf_Die split;
	uint8_t type;

	u->listed = true;
	/* The other half of split DWARF; without it the lines remain. */
	if (dwarf_cu_info(u->skeleton.cu, NULL, &type, NULL, &split, NULL, NULL, NULL) == 0 &&
	    type == DW_UT_skeleton) {
		u->incomplete = !split.cu;
		u->die = split.cu ? split : u->die;
	}
	list_functions(u, &u->die, 0);
	ranges_sort(&u->ranges);
}

/* Relative names count from where the compiler ran. */
static const char *whole_path(struct dwarf_names *d, struct unit *u, const char *file)
{
	Dwarf_Attribute attribute;
	const char *folder;

	if (!file || file[0] == '/')
		return file;
	folder = dwarf_formstring(dwarf_attr(&u->skeleton, DW_AT_comp_dir, &attribute));
	if (!folder)
		return file;
	size_t bytes = strlen(folder) + strlen(file) + 2;
	char *path = arena_alloc(&d->texts, bytes);
	snprintf(path, bytes, "%s/%s", folder, file);
	return path;
}

/* The line of an instruction, by the unit's line table. */
static void find_line(struct dwarf_names *d, struct unit *u, uint64_t address, struct place *place)
{
	Dwarf_Line *line = dwarf_getsrc_die(&u->skeleton, address);
	int number = 0;

	if (!line)
		return;
	dwarf_lineno(line, &number);
	place->line = number > 0 ? (uint32_t)number : 0;
	place->file = whole_path(d, u, dwarf_linesrc(line, NULL, NULL));
}

/* The line that an inlined function was called from. */
static void find_call_line(struct dwarf_names *d, struct unit *u, Dwarf_Die *inlined,
			   struct place *place)
{
	Dwarf_Attribute attribute;
	Dwarf_Word file, line;
	Dwarf_Files *files;
	size_t count;

	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0 &&
	    line <= UINT32_MAX)
		place->line = (uint32_t)line;
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) == 0 &&
	    dwarf_getsrcfiles(&u->die, &files, &count) == 0 && file < count)
		place->file = whole_path(d, u, dwarf_filesrc(files, file, NULL, NULL));
}

/* As linkers know it; else as the programmer does. */
static const char *function_name(Dwarf_Die *die)
{
	static const unsigned int names[] = { DW_AT_linkage_name, DW_AT_MIPS_linkage_name };
	Dwarf_Attribute attribute;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *name =
			dwarf_formstring(dwarf_attr_integrate(die, names[i], &attribute));
		if (name && *name)
			return name;
	}
	return dwarf_diename(die);
}

/* A block without addresses of its own is where its parent is. */
static bool may_hold(Dwarf_Die *die, uint64_t address)
{
	int tag = dwarf_tag(die);

	if (tag == DW_TAG_inlined_subroutine)
		return dwarf_haspc(die, address) > 0;
	if (tag != DW_TAG_lexical_block && tag != DW_TAG_try_block && tag != DW_TAG_catch_block)
		return false;
	return dwarf_haspc(die, address) > 0 ||
	       (!dwarf_hasattr(die, DW_AT_low_pc) && !dwarf_hasattr(die, DW_AT_ranges));
}

/*
 * Adds the functions inlined at the address below parent, innermost first.  *place is where
 * in the innermost one the address is; it becomes where the outermost was called from.
 */
static bool add_inlined(struct dwarf_names *d, struct unit *u, Dwarf_Die *parent,
			uint64_t address, unsigned nesting, struct place *place,
			struct places *places)
{
	Dwarf_Die die;
	bool found = false;

	if (nesting > NESTING_MAX || dwarf_child(parent, &die) != 0)
		return false;
	do {
		if (!may_hold(&die, address))
			continue;
		found = add_inlined(d, u, &die, address, nesting + 1, place, places);
		if (dwarf_tag(&die) != DW_TAG_inlined_subroutine)
			continue;
		place->function = function_name(&die);
		place->inlined = true;
		places_add(places, *place);
		*place = (struct place){ 0 };
		find_call_line(d, u, &die, place);
		found = true;
	} while (!found && next_sibling(&die));
	return found;
}

bool dwarf_names_lookup(struct dwarf_names *d, uint64_t address, struct places *places)
{
	struct place place = { 0 };
	size_t unit, function;

	if (!ranges_find(&d->ranges, address, &unit))
		return true;
	struct unit *u = &d->units[unit];
	find_line(d, u, address, &place);
	if (!u->listed)
		list_unit(u);
	if (ranges_find(&u->ranges, address, &function)) {
		Dwarf_Die *die = &u->functions[function];
		add_inlined(d, u, die, address, 0, &place, places);
		place.function = function_name(die);
	}
	if (place.function || place.line)
		places_add(places, place);
	return !u->incomplete;
}
