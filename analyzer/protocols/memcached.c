/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memcached: the text commands and the meta commands (memcached/memcached, doc/protocol.txt).
 * The binary protocol, which its authors gave up, is not decoded.
 */
#include "analyzer/protocols/read.h"
#include "analyzer/protocols/template.h"

#define LINE_BYTES_MAX 2048
#define VALUE_BYTES_MAX (UINT64_C(1) << 30)
#define WORDS_MAX 8
#define END_OF_LINE_BYTES 2

/* How a command's answer ends, and where its data's length stands. */
enum shape {
	ONE_LINE,  /* "STORED" */
	UNTIL_END, /* lines and values up to "END" */
	META,      /* a line, of which "VA" has a value behind it */
};

/* What an answer must know of its request; kept with the round trip. */
enum { NOTE_UNTIL_END = 1 };

static const struct command {
	const char *name;
	enum shape shape;
	uint8_t length_word; /* of the value that follows the line; 0: none does */
	bool keyless;
} commands[] = {
	{ "get", UNTIL_END, 0, false },	    { "gets", UNTIL_END, 0, false },
	{ "gat", UNTIL_END, 0, false },	    { "gats", UNTIL_END, 0, false },
	{ "set", ONE_LINE, 4, false },	    { "add", ONE_LINE, 4, false },
	{ "replace", ONE_LINE, 4, false },  { "append", ONE_LINE, 4, false },
	{ "prepend", ONE_LINE, 4, false },  { "cas", ONE_LINE, 4, false },
	{ "delete", ONE_LINE, 0, false },   { "incr", ONE_LINE, 0, false },
	{ "decr", ONE_LINE, 0, false },	    { "touch", ONE_LINE, 0, false },
	{ "stats", UNTIL_END, 0, true },    { "version", ONE_LINE, 0, true },
	{ "flush_all", ONE_LINE, 0, true }, { "verbosity", ONE_LINE, 0, true },
	{ "quit", ONE_LINE, 0, true },	    { "mg", META, 0, false },
	{ "ms", META, 2, false },	    { "md", META, 0, false },
	{ "ma", META, 0, false },	    { "mn", META, 0, true },
};

/* A line of an answer, by its first word. */
static const char *const endings[] = {
	"END",	  "STORED", "NOT_STORED", "EXISTS", "NOT_FOUND", "DELETED", "TOUCHED",
	"OK",	  "RESET",  "VERSION",	  "ERROR",  "CLIENT_ERROR", "SERVER_ERROR",
	"HD",	  "EN",	    "NS",	  "EX",	    "NF",	 "MN",	    "ME",
};

static const struct command *find_command(const struct text *word)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (word->length == strlen(commands[i].name) &&
		    memcmp(word->at, commands[i].name, word->length) == 0)
			return &commands[i];
	return NULL;
}

static size_t split(struct text line, struct text words[WORDS_MAX])
{
	size_t count = 0;

	while (line.length && count < WORDS_MAX) {
		words[count] = text_word(&line);
		count += words[count].length > 0;
	}
	return count;
}

static uint64_t count_words(struct text line)
{
	uint64_t count = 0;

	while (line.length)
		count += text_word(&line).length > 0;
	return count;
}

/* Whether it ends with a line's end as the protocol has it. */
static bool is_line(size_t used, const struct text *line)
{
	return used == line->length + END_OF_LINE_BYTES;
}

static bool is_ending(const struct text *word)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (word->length == strlen(endings[i]) &&
		    memcmp(word->at, endings[i], word->length) == 0)
			return true;
	return false;
}

/* Other protocols have such lines too: both sides must look like it. */
static int score(enum side from, const struct bytes *b)
{
	struct text line, words[WORDS_MAX];
	size_t used = read_line(b, &line), count;
	const struct command *command;
	uint64_t number;

	if (!used || !is_line(used, &line))
		return 0;
	count = split(line, words);
	if (!count)
		return 0;
	if (from == SERVER)
		return is_ending(&words[0]) || (text_begins(&line, "VALUE ") && count >= 4) ||
				       (text_begins(&line, "VA ") && count >= 2) ||
				       (text_begins(&line, "STAT ") && count >= 3) ?
			       75 :
		       text_number(&line, &number) ? 50 :
						     0;
	command = find_command(&words[0]);
	if (!command || (!command->keyless && count < 2))
		return 0;
	return command->length_word ?
		       count > command->length_word && text_number(&words[command->length_word], &number) ? 90 : 0 :
		       75;
}

static bool is_silent(const struct command *c, const struct text *words, size_t count)
{
	return c->shape != META &&
	       (text_is(&words[count - 1], "noreply") || text_is(&words[0], "quit"));
}

/* A meta command with the flag q is answered only if something is to be said: who knows. */
static bool is_quiet(const struct command *c, const struct text *words, size_t count)
{
	for (size_t i = 2; c->shape == META && i < count; i++)
		if (words[i].length == 1 && *words[i].at == 'q')
			return true;
	return false;
}

static void tell_key(struct dialogue *d, const struct text *key)
{
	struct name name;

	name_begin(&name);
	template_path(&name, key->at, key->length, dialogue_raw_names(d));
	dialogue_text(d, CLIENT, "key", name.text, name.length);
}

static size_t take_request(struct dialogue *d, const struct bytes *b)
{
	struct text line, words[WORDS_MAX];
	size_t used = read_line(b, &line), count;
	const struct command *command;
	uint64_t length = 0;

	if (!used && !b->cut)
		return 0;
	count = split(line, words);
	command = count ? find_command(&words[0]) : NULL;
	if (!command || line.length > LINE_BYTES_MAX || is_quiet(command, words, count) ||
	    (command->length_word &&
	     (count <= command->length_word || !text_number(&words[command->length_word], &length) ||
	      length > VALUE_BYTES_MAX))) {
		dialogue_doubt(d);
		return 0;
	}
	dialogue_ask(d, CLIENT);
	dialogue_name(d, CLIENT, words[0].at, words[0].length);
	if (!command->keyless && count > (used ? 1 : 2)) /* what is cut may be a part of a key */
		tell_key(d, &words[text_begins(&words[0], "gat") && count > 2 ? 2 : 1]);
	if (used && (text_is(&words[0], "get") || text_is(&words[0], "gets")))
		dialogue_number(d, CLIENT, "keys", count_words(line) - 1);
	dialogue_set_note(d, CLIENT, command->shape == UNTIL_END ? NOTE_UNTIL_END : 0);
	if (!used) {
		dialogue_lose(d, CLIENT);
		return b->count;
	}
	if (command->length_word)
		dialogue_skip(d, CLIENT, length + END_OF_LINE_BYTES);
	if (is_silent(command, words, count))
		dialogue_done(d, CLIENT);
	return used;
}

/* "VALUE key flags bytes", "VA bytes": a value follows. */
static bool has_value(const struct text *words, size_t count, uint64_t *length)
{
	size_t word = text_is(&words[0], "VALUE") ? 3 : text_is(&words[0], "VA") ? 1 : 0;

	return word && count > word && text_number(&words[word], length) && *length <= VALUE_BYTES_MAX;
}

static bool is_error(const struct text *word)
{
	return text_is(word, "ERROR") || text_is(word, "CLIENT_ERROR") || text_is(word, "SERVER_ERROR");
}

static size_t take_answer(struct dialogue *d, const struct bytes *b)
{
	struct text line, words[WORDS_MAX];
	size_t used = read_line(b, &line), count;
	uint64_t length;
	bool many;

	if (!used)
		return 0;
	count = split(line, words);
	if (!count) {
		dialogue_doubt(d);
		return 0;
	}
	dialogue_answer(d, SERVER);
	many = dialogue_note(d, SERVER) & NOTE_UNTIL_END;
	if (has_value(words, count, &length)) {
		dialogue_text(d, SERVER, "answer", "value", 5);
		dialogue_skip(d, SERVER, length + END_OF_LINE_BYTES);
		if (!many)
			dialogue_done(d, SERVER);
		return used;
	}
	if (is_error(&words[0]))
		dialogue_fail(d, SERVER, words[0].at, words[0].length);
	if (!many || text_is(&words[0], "END") || text_is(&words[0], "RESET") || is_error(&words[0])) {
		if (!many && is_ending(&words[0]))
			dialogue_text(d, SERVER, "answer", words[0].at, words[0].length);
		dialogue_done(d, SERVER);
	}
	return used;
}

static size_t take(void *state, struct dialogue *d, enum side from, const struct bytes *b)
{
	return from == CLIENT ? take_request(d, b) : take_answer(d, b);
}

/* Nothing is kept between lines. */
static void lose(void *state, enum side from)
{
}

/* Values end with END, which is all that a miss is. */
static bool ends(const void *state, enum side from, const struct bytes *tail)
{
	static const char end[] = "END\r\n";
	size_t bytes = sizeof(end) - 1;

	return from == SERVER && tail->count >= bytes &&
	       memcmp(tail->at + tail->count - bytes, end, bytes) == 0;
}

const struct protocol protocol_memcached = {
	.name = "memcached",
	.port = 11211,
	.streams = true,
	.many_messages = true,
	.score = score,
	.take = take,
	.lose = lose,
	.ends = ends,
};
