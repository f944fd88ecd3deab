/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command line options told by tables, which parse them and print their --help. */
#ifndef UTIL_OPTIONS_H
#define UTIL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Takes an option's value (NULL for a switch) into the member of the target that
 * the option names.  Returns NULL if all is well, else what was expected, as in
 * "a time with its unit, such as 250us, 1.5ms or 2s".
 */
typedef const char *option_setter(void *member, const char *value);

struct option_spec {
	const char *name;      /* without --; NULL ends a table */
	char letter;           /* 0: none */
	const char *value;     /* what the value is, in capitals; NULL: a switch */
	option_setter *set;
	size_t offset;         /* of the member in the group's target */
	const char *help;      /* may have several lines */
	/* NULL-terminated: the value is one of these, the member an int, its place; set is NULL */
	const char *const *choices;
	/* the value is a list of choices with commas between, the member a uint32_t of 1 << place */
	bool several;
};

/* Options that belong together. */
struct option_group {
	const char *title;     /* NULL ends a list of groups */
	const struct option_spec *options;
	void *target;
};

/* A list of texts, in order; the texts are the command line's. */
struct text_list {
	const char **items;
	size_t count;
};

option_setter option_switch;   /* bool: true */
option_setter option_text;     /* const char *: not empty */
option_setter option_texts;    /* struct text_list: one more */
option_setter option_duration; /* uint64_t: ns */
option_setter option_size;     /* uint64_t: bytes */
option_setter option_percent;  /* double: 0 to 100 */
option_setter option_number;   /* uint64_t: from 1 */
option_setter option_count;    /* uint64_t: from 0 */

enum options_result {
	OPTIONS_DONE,  /* all taken: go on */
	OPTIONS_HELP,  /* --help was asked for */
	OPTIONS_WRONG, /* one line on stderr has said what */
};

/*
 * Parses argv[1..] by the groups; --help and -h are always known.  *first is
 * set to the index in argv of the first operand, to which options have been
 * passed over, or at which they stop if stop_at_operand (an operand is then a
 * program whose own options follow).  command is named in messages.
 */
enum options_result options_parse(const char *command, const struct option_group *groups,
				  bool stop_at_operand, int argc, char **argv, int *first);

/* Prints the groups as --help does. */
void options_print(FILE *file, const struct option_group *groups);

/*
 * Prints for each option, a line each, "--name", "--name=" if it takes a value, or
 * "--name=one two three" if it has choices: for completions.
 */
void options_list(FILE *file, const struct option_group *groups);

#endif
