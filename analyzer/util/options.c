/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command line options told by tables, which parse them and print their --help. */
#include "analyzer/util/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/util/alloc.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

#define FIRST_LONG 256  /* values of getopt_long() above all letters */
#define HELP_COLUMN 24

const char *option_switch(void *member, const char *value)
{
	*(bool *)member = true;
	return NULL;
}

const char *option_text(void *member, const char *value)
{
	if (!*value)
		return "something";
	*(const char **)member = value;
	return NULL;
}

const char *option_texts(void *member, const char *value)
{
	struct text_list *list = member;

	list->items = xreallocarray(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = value;
	return NULL;
}

const char *option_duration(void *member, const char *value)
{
	return duration_parse(value, member) ? NULL
					     : "a time with its unit, such as 250us, 1.5ms or 2s";
}

const char *option_size(void *member, const char *value)
{
	return size_parse(value, member) ? NULL : "a size, such as 512M or 4G";
}

const char *option_percent(void *member, const char *value)
{
	return percent_parse(value, member) ? NULL : "a percentage from 0 to 100";
}

const char *option_number(void *member, const char *value)
{
	return count_parse(value, 1, INT64_MAX, member) ? NULL : "a number from 1";
}

const char *option_count(void *member, const char *value)
{
	return count_parse(value, 0, INT64_MAX, member) ? NULL : "a number from 0";
}

/* What getopt_long() needs, made of the groups. */
struct parser {
	struct option *longs;
	char *shorts;
	const struct option_spec **specs; /* in the order of longs */
	void **targets;
	size_t count;
};

static size_t count_options(const struct option_group *groups)
{
	size_t count = 0;

	for (; groups->title; groups++) {
		for (const struct option_spec *s = groups->options; s->name; s++)
			count++;
	}
	return count;
}

static struct parser new_parser(const struct option_group *groups, bool stop_at_operand)
{
	size_t count = count_options(groups);
	struct parser p = {
		.longs = xcalloc(count + 2, sizeof(*p.longs)),
		.shorts = xcalloc(2 * count + 4, 1),
		.specs = xcalloc(count + 1, sizeof(*p.specs)),
		.targets = xcalloc(count + 1, sizeof(*p.targets)),
	};
	char *letter = p.shorts;

	if (stop_at_operand)
		*letter++ = '+';
	*letter++ = ':'; /* tell a missing value from an unknown option */
	*letter++ = 'h';
	for (; groups->title; groups++) {
		for (const struct option_spec *s = groups->options; s->name; s++, p.count++) {
			p.longs[p.count] = (struct option){
				.name = s->name,
				.has_arg = s->value ? required_argument : no_argument,
				.val = FIRST_LONG + (int)p.count,
			};
			p.specs[p.count] = s;
			p.targets[p.count] = groups->target;
			if (s->letter)
				*letter++ = s->letter;
			if (s->letter && s->value)
				*letter++ = ':';
		}
	}
	p.longs[p.count] = (struct option){ .name = "help", .val = 'h' };
	return p;
}

static void free_parser(struct parser *p)
{
	free(p->longs);
	free(p->shorts);
	free(p->specs);
	free(p->targets);
}

/* The place in the parser of what getopt_long() returned. */
static size_t find_option(const struct parser *p, int value)
{
	if (value >= FIRST_LONG)
		return (size_t)(value - FIRST_LONG);
	for (size_t i = 0; i < p->count; i++) {
		if (p->specs[i]->letter == value)
			return i;
	}
	return p->count;
}

static void complain_of_option(const char *command, const char *problem, const char *argument,
			       int letter)
{
	char clean[256], name[8] = { '-', (char)letter, '\0' };
	/* getopt tells a letter only when it is one; a long option is the last argument it took. */
	text_clean(letter && letter < FIRST_LONG ? name : argument, false, clean, sizeof(clean));
	fprintf(stderr, "traceroundtrip %s: %s '%s'; see traceroundtrip %s --help\n", command,
		problem, clean, command);
}

/* The place of the choice that these bytes are; -1 if they are none. */
static int find_choice(const struct option_spec *s, const char *value, size_t bytes)
{
	for (int i = 0; s->choices[i]; i++) {
		if (strlen(s->choices[i]) == bytes && memcmp(s->choices[i], value, bytes) == 0)
			return i;
	}
	return -1;
}

static bool take_choice(const struct option_spec *s, int *member, const char *value)
{
	int place = find_choice(s, value, strlen(value));

	if (place >= 0)
		*member = place;
	return place >= 0;
}

static bool take_choices(const struct option_spec *s, uint32_t *member, const char *value)
{
	uint32_t chosen = 0;

	for (;; value++) {
		size_t bytes = strcspn(value, ",");
		int place = find_choice(s, value, bytes);

		if (place < 0)
			return false;
		chosen |= 1u << place;
		value += bytes;
		if (!*value)
			break;
	}
	*member |= chosen;
	return true;
}

static void complain_of_value(const char *command, const struct option_spec *s, const char *value,
			      const char *expected)
{
	char clean[256];

	fprintf(stderr, "traceroundtrip %s: --%s=%s: expected %s", command, s->name,
		text_clean(value, false, clean, sizeof(clean)),
		expected ? expected : s->several ? "some of" : "one of");
	for (size_t i = 0; s->choices && s->choices[i]; i++)
		fprintf(stderr, "%s %s", i ? "," : "", s->choices[i]);
	fputc('\n', stderr);
}

static bool take_option(const char *command, const struct parser *p, size_t i, const char *value)
{
	const struct option_spec *s = p->specs[i];
	void *member = (char *)p->targets[i] + s->offset;
	const char *expected = s->choices ? NULL : s->set(member, value);
	bool taken = !s->choices ? !expected :
		     s->several ? take_choices(s, member, value) : take_choice(s, member, value);

	if (!taken)
		complain_of_value(command, s, value, expected);
	return taken;
}

enum options_result options_parse(const char *command, const struct option_group *groups,
				  bool stop_at_operand, int argc, char **argv, int *first)
{
	struct parser p = new_parser(groups, stop_at_operand);
	enum options_result result = OPTIONS_DONE;

	optind = 1;
	opterr = 0;
	while (result == OPTIONS_DONE) {
		int value = getopt_long(argc, argv, p.shorts, p.longs, NULL);
		const char *argument = argv[optind > 1 ? optind - 1 : 1];
		if (value == -1)
			break;
		if (value == 'h') {
			result = OPTIONS_HELP;
		} else if (value == ':') {
			complain_of_option(command, "a value is missing after", argument, optopt);
			result = OPTIONS_WRONG;
		} else if (value == '?') {
			bool known = optopt >= FIRST_LONG;
			complain_of_option(command,
					   known ? "no value belongs to" : "no such option", argument,
					   optopt);
			result = OPTIONS_WRONG;
		} else if (!take_option(command, &p, find_option(&p, value), optarg)) {
			result = OPTIONS_WRONG;
		}
	}
	*first = optind;
	free_parser(&p);
	return result;
}

static void print_help(FILE *file, const char *help, int column)
{
	if (column + 1 >= HELP_COLUMN) {
		fputc('\n', file);
		column = 0;
	}
	fprintf(file, "%*s", HELP_COLUMN - column, "");
	for (; *help; help++) {
		fputc(*help, file);
		if (*help == '\n')
			fprintf(file, "%*s", HELP_COLUMN, "");
	}
	fputc('\n', file);
}

void options_print(FILE *file, const struct option_group *groups)
{
	for (; groups->title; groups++) {
		fprintf(file, "\n%s:\n", groups->title);
		for (const struct option_spec *s = groups->options; s->name; s++) {
			int column = s->letter ? fprintf(file, "  -%c, ", s->letter)
					       : fprintf(file, "      ");
			column += fprintf(file, "--%s%s%s", s->name, s->value ? " " : "",
					  s->value ? s->value : "");
			print_help(file, s->help, column);
		}
	}
}

void options_list(FILE *file, const struct option_group *groups)
{
	for (; groups->title; groups++) {
		for (const struct option_spec *s = groups->options; s->name; s++) {
			fprintf(file, "--%s%s", s->name, s->value ? "=" : "");
			for (size_t i = 0; s->choices && s->choices[i]; i++)
				fprintf(file, "%s%s", i ? " " : "", s->choices[i]);
			fputc('\n', file);
		}
	}
}
