/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Redis, RESP2 and RESP3 (redis/redis-specifications, protocol/RESP3.md).  Requests are
 * arrays of strings, or lines; answers are values, of which aggregates hold others.  A
 * value is counted down: how many are still to come until the answer is complete.
 */
#include <strings.h>

#include "analyzer/protocols/read.h"
#include "analyzer/protocols/template.h"

/* Arguments whose text matters: the command, its subcommand or key, an option. */
#define ARGUMENTS_KEPT 3
#define ARGUMENT_BYTES 64
/* Where an option that matters may stand. */
#define ARGUMENTS_READ 6
/* No value of Redis has more elements than this: it is no Redis. */
#define ELEMENTS_MAX (UINT64_C(1) << 32)
#define BULK_BYTES_MAX (UINT64_C(1) << 32)

/* What an answer must know of its request; kept with the round trip. */
enum { NOTE_RAW = 1, NOTE_COUNT_SHIFT = 8 };

enum command_kind {
	PLAIN,
	CONTAINER, /* the second word tells more */
	KEYLESS,   /* the second word is no key, and may be secret */
	BLOCKING,
	BLOCKING_OPTION, /* with BLOCK */
	SUBSCRIBING,     /* an answer for each argument */
	UNSUBSCRIBING,
	MONITORING,
	REPLICATING,
};

struct redis {
	/* the request */
	uint64_t arguments_left;
	uint64_t arguments;
	enum command_kind kind;
	bool option_block;
	struct {
		uint8_t length;
		bool cut;
		char text[ARGUMENT_BYTES];
	} kept[ARGUMENTS_KEPT];
	bool silent, silent_once; /* CLIENT REPLY OFF, SKIP: no answers come */
	/* the answers */
	uint64_t values_left;
	bool raw;                 /* the answer being read begins a stream of other things */
	bool subscribes;          /* arrays may be messages */
	bool monitors;            /* lines may be other clients' commands */
};

#define COMMAND(name, kind) { name, sizeof(name) - 1, kind }
static const struct {
	const char *name;
	uint8_t length;
	enum command_kind kind;
} commands[] = {
	COMMAND("ACL", CONTAINER), COMMAND("AUTH", KEYLESS), COMMAND("BLMOVE", BLOCKING),
	COMMAND("BLMPOP", BLOCKING), COMMAND("BLPOP", BLOCKING), COMMAND("BRPOP", BLOCKING),
	COMMAND("BRPOPLPUSH", BLOCKING), COMMAND("BZMPOP", BLOCKING),
	COMMAND("BZPOPMAX", BLOCKING), COMMAND("BZPOPMIN", BLOCKING),
	COMMAND("CLIENT", CONTAINER), COMMAND("CLUSTER", CONTAINER),
	COMMAND("COMMAND", CONTAINER), COMMAND("CONFIG", CONTAINER), COMMAND("DEBUG", CONTAINER),
	COMMAND("ECHO", KEYLESS), COMMAND("EVAL", KEYLESS), COMMAND("EVALSHA", KEYLESS),
	COMMAND("EVALSHA_RO", KEYLESS), COMMAND("EVAL_RO", KEYLESS), COMMAND("FCALL", KEYLESS),
	COMMAND("FCALL_RO", KEYLESS), COMMAND("FUNCTION", CONTAINER), COMMAND("HELLO", KEYLESS),
	COMMAND("INFO", KEYLESS), COMMAND("LATENCY", CONTAINER), COMMAND("MEMORY", CONTAINER),
	COMMAND("MIGRATE", KEYLESS), COMMAND("MODULE", CONTAINER), COMMAND("MONITOR", MONITORING),
	COMMAND("OBJECT", CONTAINER), COMMAND("PING", KEYLESS),
	COMMAND("PSUBSCRIBE", SUBSCRIBING), COMMAND("PSYNC", REPLICATING),
	COMMAND("PUBSUB", CONTAINER), COMMAND("PUNSUBSCRIBE", UNSUBSCRIBING),
	COMMAND("REPLCONF", CONTAINER), COMMAND("SCRIPT", CONTAINER), COMMAND("SELECT", KEYLESS),
	COMMAND("SLOWLOG", CONTAINER), COMMAND("SSUBSCRIBE", SUBSCRIBING),
	COMMAND("SUBSCRIBE", SUBSCRIBING), COMMAND("SUNSUBSCRIBE", UNSUBSCRIBING),
	COMMAND("SYNC", REPLICATING), COMMAND("UNSUBSCRIBE", UNSUBSCRIBING),
	COMMAND("WAIT", BLOCKING), COMMAND("WAITAOF", BLOCKING), COMMAND("XGROUP", CONTAINER),
	COMMAND("XINFO", CONTAINER), COMMAND("XREAD", BLOCKING_OPTION),
	COMMAND("XREADGROUP", BLOCKING_OPTION),
};

/* Scores */

/* "*3": the number behind the type. */
static bool counted(const struct text *line, uint64_t *number)
{
	struct text digits = { line->at + 1, line->length - 1 };

	return line->length >= 2 && text_number(&digits, number);
}

static int score_request(const struct bytes *b)
{
	struct text line;
	size_t used = read_line(b, &line);
	struct bytes rest = { b->at + used, b->count - used, b->cut };
	uint64_t number;

	if (!line.length || *line.at != '*' || (used && !counted(&line, &number)))
		return 0;
	if (!used || !rest.count)
		return used ? 70 : 0;
	used = read_line(&rest, &line);
	return line.length && *line.at == '$' && used && counted(&line, &number) ? 97 : 0;
}

static bool is_printable(const struct text *t)
{
	for (size_t i = 0; i < t->length; i++)
		if (t->at[i] < ' ' || t->at[i] == 0x7f)
			return false;
	return true;
}

/* RESP2's null string or array, RESP3's null. */
static bool is_null(const struct text *line)
{
	if (line->length == 3)
		return (*line->at == '$' || *line->at == '*') && line->at[1] == '-' && line->at[2] == '1';
	return line->length == 1 && *line->at == '_';
}

static int score_answer(const struct bytes *b)
{
	struct text line;
	size_t used = read_line(b, &line);
	uint64_t number;

	if (!used || used != line.length + 2 || !line.length)
		return 0;
	switch (*line.at) {
	case '+':
	case '-':
		return is_printable(&line) ? SCORE_START : 0;
	case '*':
	case '$':
	case '%':
	case '~':
	case '>':
		return counted(&line, &number) || is_null(&line) ? 75 : 0;
	case ':':
		return counted(&line, &number) ? 75 : 0;
	case '_':
		return line.length == 1 ? 75 : 0;
	default:
		return 0;
	}
}

static int score(enum side from, const struct bytes *b)
{
	return from == CLIENT ? score_request(b) : score_answer(b);
}

/* Requests */

static enum command_kind kind_of(const struct text *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (name->length == commands[i].length &&
		    (*name->at & ~0x20) == commands[i].name[0] &&
		    strncasecmp(name->at, commands[i].name, name->length) == 0)
			return commands[i].kind;
	return PLAIN;
}

static struct text kept(const struct redis *r, size_t i)
{
	return (struct text){ r->kept[i].text, r->kept[i].length };
}

static void add_upper(struct name *n, const struct text *t)
{
	char upper[ARGUMENT_BYTES] = "";

	for (size_t i = 0; i < t->length; i++)
		upper[i] = t->at[i] >= 'a' && t->at[i] <= 'z' ? (char)(t->at[i] - 32) : t->at[i];
	name_add(n, upper, t->length);
}

static void tell_key(struct dialogue *d, const struct redis *r)
{
	struct name key;

	name_begin(&key);
	template_path(&key, r->kept[1].text, r->kept[1].length, dialogue_raw_names(d));
	if (r->kept[1].cut)
		name_cut(&key);
	dialogue_text(d, CLIENT, "key", key.text, key.length);
}

/* Whether an answer comes, as far as CLIENT REPLY has it. */
static bool is_answered(struct redis *r, const struct text *name, const struct text *second)
{
	struct text third = kept(r, 2);
	bool once = r->silent_once;

	r->silent_once = false;
	if (text_is(name, "REPLCONF") && text_is(second, "ACK"))
		return false;
	if (!text_is(name, "CLIENT") || !text_is(second, "REPLY"))
		return !r->silent && !once;
	r->silent_once = text_is(&third, "SKIP");
	r->silent = text_is(&third, "OFF") || (r->silent && !text_is(&third, "ON"));
	return text_is(&third, "ON");
}

static void follow(struct redis *r, struct dialogue *d, enum command_kind kind)
{
	uint64_t note = UINT64_C(1) << NOTE_COUNT_SHIFT;

	switch (kind) {
	case BLOCKING:
		dialogue_waits(d, CLIENT);
		break;
	case BLOCKING_OPTION:
		if (r->option_block)
			dialogue_waits(d, CLIENT);
		break;
	case SUBSCRIBING:
	case UNSUBSCRIBING:
		r->subscribes = true;
		if (r->arguments > 1)
			note *= r->arguments - 1;
		break;
	case MONITORING:
		r->monitors = true;
		break;
	case REPLICATING:
		note |= NOTE_RAW;
		break;
	default:
		break;
	}
	dialogue_set_note(d, CLIENT, note);
}

/* Once the command and its subcommand or key are known. */
static void name_request(struct redis *r, struct dialogue *d)
{
	struct text command = kept(r, 0), second = kept(r, 1);
	enum command_kind kind = kind_of(&command);
	struct name name;

	if (!command.length || r->kept[0].cut)
		return;
	name_begin(&name);
	add_upper(&name, &command);
	if (kind == CONTAINER && second.length) {
		name_add_word(&name, " ");
		add_upper(&name, &second);
	} else if (kind != KEYLESS && second.length) {
		tell_key(d, r);
	}
	dialogue_name(d, CLIENT, name.text, name.length);
	dialogue_number(d, CLIENT, "arguments", r->arguments - 1);
	r->kind = kind;
}

/* All arguments are there, or known to come. */
static void finish_request(struct redis *r, struct dialogue *d)
{
	struct text command = kept(r, 0), second = kept(r, 1);

	follow(r, d, r->kind);
	if (!is_answered(r, &command, &second))
		dialogue_done(d, CLIENT);
}

static void keep(struct redis *r, uint64_t index, const uint8_t *text, uint64_t length, bool cut)
{
	size_t bytes = length < ARGUMENT_BYTES ? (size_t)length : ARGUMENT_BYTES;

	if (index < ARGUMENTS_KEPT) {
		memcpy(r->kept[index].text, text, bytes);
		r->kept[index].length = (uint8_t)bytes;
		r->kept[index].cut = cut || length > bytes;
	} else if (length == 5 && !cut) {
		r->option_block |= strncasecmp((const char *)text, "BLOCK", 5) == 0;
	}
}

static void begin_request(struct redis *r, struct dialogue *d, uint64_t arguments)
{
	dialogue_ask(d, CLIENT);
	r->arguments = r->arguments_left = arguments;
	r->option_block = false;
	r->kind = PLAIN;
	for (size_t i = 0; i < ARGUMENTS_KEPT; i++) {
		r->kept[i].length = 0;
		r->kept[i].cut = false;
	}
}

/* "GET key": what people type, and redis-benchmark sends. */
static size_t take_inline(struct redis *r, struct dialogue *d, const struct bytes *b)
{
	struct text line, word;
	size_t used = read_line(b, &line);
	uint64_t arguments = 0;

	if (!used)
		return 0;
	if (!is_printable(&line)) {
		dialogue_doubt(d);
		return 0;
	}
	if (!line.length)
		return used;
	begin_request(r, d, 0);
	while (line.length) {
		word = text_word(&line);
		if (word.length)
			keep(r, arguments++, (const uint8_t *)word.at, word.length, false);
	}
	r->arguments = arguments;
	name_request(r, d);
	finish_request(r, d);
	return used;
}

/* "$3\r\nGET\r\n": of an argument that does not matter, or is long, the text is skipped. */
static size_t take_argument(struct redis *r, struct dialogue *d, const struct bytes *b)
{
	struct text line;
	size_t used = read_line(b, &line);
	uint64_t length, index = r->arguments - r->arguments_left, there;
	bool matters = index < ARGUMENTS_READ;

	if (!used)
		return 0;
	if (*line.at != '$' || !counted(&line, &length) || length > BULK_BYTES_MAX) {
		dialogue_doubt(d);
		return 0;
	}
	there = b->count - used < length ? b->count - used : length;
	if (matters && there < length && there < ARGUMENT_BYTES && !b->cut)
		return 0;
	if (matters)
		keep(r, index, b->at + used, there, there < length);
	length += 2; /* and the end of the line */
	r->arguments_left--;
	if (index == 1 || r->arguments == 1)
		name_request(r, d);
	if (!r->arguments_left)
		finish_request(r, d);
	if (length <= b->count - used)
		return used + (size_t)length;
	dialogue_skip(d, CLIENT, length - (b->count - used));
	return b->count;
}

static size_t take_request(struct redis *r, struct dialogue *d, const struct bytes *b)
{
	struct text line;
	uint64_t arguments;
	size_t used;

	if (r->arguments_left)
		return take_argument(r, d, b);
	if (*b->at != '*')
		return take_inline(r, d, b);
	used = read_line(b, &line);
	if (!used)
		return 0;
	if (!counted(&line, &arguments) || arguments > ELEMENTS_MAX) {
		dialogue_doubt(d);
		return 0;
	}
	if (arguments)
		begin_request(r, d, arguments);
	return used;
}

/* Answers */

/* The text of a string that follows; 0 if it is not there. */
static size_t peek_string(const struct bytes *b, struct text *text)
{
	struct text line;
	size_t used = read_line(b, &line);
	uint64_t length;

	if (!used || *line.at != '$' || !counted(&line, &length) || length > b->count - used)
		return 0;
	*text = (struct text){ (const char *)b->at + used, (size_t)length };
	return used;
}

enum meaning { ANSWER, PUSH, NOT_YET };

/*
 * What a push, or an array of a connection that subscribed, is: the answers to
 * subscriptions say so with their first word.
 */
static enum meaning meaning_of(const struct redis *r, const struct bytes *b, size_t used, char type)
{
	struct bytes rest = { b->at + used, b->count - used, b->cut };
	struct text word;

	if (type == '+' && r->monitors && b->count > 1)
		return b->at[1] >= '0' && b->at[1] <= '9' ? PUSH : ANSWER;
	if (type != '>' && (type != '*' || !r->subscribes))
		return ANSWER;
	if (!peek_string(&rest, &word))
		return b->cut || rest.count > ARGUMENT_BYTES ? PUSH : NOT_YET;
	if (word.length >= 9 && strncasecmp(word.at + word.length - 9, "subscribe", 9) == 0)
		return ANSWER;
	if (type == '*' && !text_is(&word, "message") && !text_is(&word, "pmessage") &&
	    !text_is(&word, "smessage"))
		return ANSWER;
	return PUSH;
}

static void tell_error(struct dialogue *d, struct text message)
{
	struct text code = text_word(&message);

	dialogue_fail(d, SERVER, code.at, code.length);
}

/* The value that all others of the answer are in, or the only one. */
static void begin_answer(struct redis *r, struct dialogue *d, const struct text *line)
{
	struct text rest = { line->at + 1, line->length - 1 };

	r->values_left = 1;
	r->raw = dialogue_answer(d, SERVER) && dialogue_note(d, SERVER) & NOTE_RAW;
	if (*line->at == '-')
		tell_error(d, rest);
	if (is_null(line))
		dialogue_text(d, SERVER, "answer", "nil", 3);
}

/* It was the last value of one: of a subscription to several channels there are several. */
static void finish_answer(struct redis *r, struct dialogue *d)
{
	uint64_t note = dialogue_note(d, SERVER), left = note >> NOTE_COUNT_SHIFT;

	if (left > 1)
		dialogue_set_note(d, SERVER, note - (UINT64_C(1) << NOTE_COUNT_SHIFT));
	else
		dialogue_done(d, SERVER);
	if (r->raw)
		dialogue_switch(d, NULL);
}

/* The bytes of a string and the end of its line: those that are there, the rest is skipped. */
static size_t take_string(struct dialogue *d, uint64_t length, size_t there)
{
	length += 2;
	if (length <= there)
		return (size_t)length;
	dialogue_skip(d, SERVER, length - there);
	return there;
}

static bool is_one_of(char type, const char *types)
{
	return memchr(types, type, strlen(types)) != NULL;
}

/* How many values an aggregate holds; false if it is none. */
static bool aggregate(const struct text *line, uint64_t *values)
{
	if (!is_one_of(*line->at, "*~>%|") || !counted(line, values) || *values > ELEMENTS_MAX)
		return false;
	if (*line->at == '%' || *line->at == '|')
		*values *= 2;
	return true;
}

static bool is_simple(const struct text *line)
{
	return is_null(line) || is_one_of(*line->at, "+-:#,(");
}

/*
 * One value, whose line is complete: counts it, and those that it holds.  An
 * attribute stands before its value and is not counted.
 */
static size_t take_value(struct redis *r, struct dialogue *d, const struct bytes *b,
			 const struct text *line, size_t used)
{
	uint64_t number;

	if (aggregate(line, &number)) {
		if (r->values_left > ELEMENTS_MAX - number) {
			dialogue_doubt(d);
			return 0;
		}
		r->values_left += number;
		r->values_left -= *line->at != '|';
		return used;
	}
	if (is_simple(line)) {
		r->values_left--;
		return used;
	}
	if (!is_one_of(*line->at, "$=!") || !counted(line, &number) || number > BULK_BYTES_MAX) {
		dialogue_doubt(d);
		return 0;
	}
	r->values_left--;
	return used + take_string(d, number, b->count - used);
}

static size_t take_answer(struct redis *r, struct dialogue *d, const struct bytes *b)
{
	bool begins = !r->values_left;
	struct text line;
	size_t used = read_line(b, &line);

	if (!used)
		return 0;
	if (!line.length) {
		dialogue_doubt(d);
		return 0;
	}
	if (begins) {
		enum meaning meaning = meaning_of(r, b, used, *line.at);

		if (meaning == NOT_YET)
			return 0;
		if (meaning == PUSH)
			dialogue_aside(d, SERVER);
		else
			begin_answer(r, d, &line);
		r->values_left = 1;
	}
	used = take_value(r, d, b, &line, used);
	if (!r->values_left)
		finish_answer(r, d);
	return used;
}

static size_t take(void *state, struct dialogue *d, enum side from, const struct bytes *b)
{
	return from == CLIENT ? take_request(state, d, b) : take_answer(state, d, b);
}

static void lose(void *state, enum side from)
{
	struct redis *r = state;

	if (from == CLIENT)
		r->arguments_left = 0;
	else
		r->values_left = 0;
}

const struct protocol protocol_redis = {
	.name = "redis",
	.port = 6379,
	.streams = true,
	.state_bytes = sizeof(struct redis),
	.score = score,
	.take = take,
	.lose = lose,
};
