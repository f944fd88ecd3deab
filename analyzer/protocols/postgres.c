/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PostgreSQL, protocol 3 (PostgreSQL documentation, chapter "Frontend/Backend Protocol").
 *
 * A request is a group of the client's messages, up to a Query, a Sync or a Flush; the
 * answer to the first two ends with ReadyForQuery.  One to a Flush has no end of its own: it
 * ends with the answer to the last message before it.
 *
 *	Q ──────────────→ T D D C Z         P D H ─────→ 1 t T
 *	P B D E S ──────→ 1 2 T D C Z       B E S ─────→ 2 D C Z
 */
#include "analyzer/protocols/read.h"
#include "analyzer/protocols/statements.h"
#include "analyzer/protocols/template.h"

/* Of a message so much is looked at. */
#define LOOK_BYTES 1024
#define HEAD_BYTES 5
#define STARTUP_BYTES 8
#define MESSAGE_BYTES_MAX (UINT32_C(1) << 30)
#define STARTUP_BYTES_MAX 10000

/* The codes of messages without a type, which only come first. */
enum {
	CODE_VERSION_3 = 3 << 16,
	CODE_CANCEL = 1234 << 16 | 5678,
	CODE_SSL = 1234 << 16 | 5679,
	CODE_GSS = 1234 << 16 | 5680,
};

struct postgres {
	bool asking;       /* the client's group is open ... */
	char last;         /* ... and this was its last message but for Flush */
	bool executes;     /* it runs something */
	bool named;
	uint64_t statements_run;
	bool answering;    /* the server's answer is open */
	bool starting;     /* until the first ReadyForQuery */
	bool encrypts;     /* an answer of one byte is due */
	bool copy_extended; /* the rows that the client sends are ended with a Sync */
	bool streams;      /* both sides send rows, as in replication */
	struct statements statements;
};

/* A message, as far as it is there. */
struct message {
	char type;
	uint32_t bytes;    /* of all of it */
	struct text body;
	bool whole;
};

/* Scores */

static bool is_startup_code(uint32_t code)
{
	return code >> 16 == 3 || code == CODE_SSL || code == CODE_GSS || code == CODE_CANCEL;
}

static bool is_startup(const struct bytes *b)
{
	return b->count >= STARTUP_BYTES && read_u32(b->at) >= STARTUP_BYTES &&
	       read_u32(b->at) <= STARTUP_BYTES_MAX && is_startup_code(read_u32(b->at + 4));
}

static bool is_type(enum side from, uint8_t type)
{
	const char *types = from == CLIENT ? "QPBDECSHXpFdcf" : "RSKZTDC123EINAtnsGHWVdcv";

	return memchr(types, type, strlen(types)) != NULL;
}

/* Lengths that a type has always; 0: it varies. */
static uint32_t fixed_length(enum side from, uint8_t type)
{
	if (from == CLIENT)
		return type == 'S' || type == 'H' || type == 'X' || type == 'c' ? 4 : 0;
	switch (type) {
	case 'Z':
		return 5;
	case '1':
	case '2':
	case '3':
	case 'I':
	case 'n':
	case 's':
	case 'c':
		return 4;
	default:
		return 0;
	}
}

static bool is_head(enum side from, const uint8_t *p)
{
	uint32_t length = read_u32(p + 1), fixed = fixed_length(from, p[0]);

	return is_type(from, p[0]) && length >= 4 && length <= MESSAGE_BYTES_MAX &&
	       (!fixed || length == fixed);
}

/* A chain of messages, each of which ends where the next one begins. */
static int score(enum side from, const struct bytes *b)
{
	size_t at = 0, messages = 0;

	if (from == CLIENT && is_startup(b))
		return 98;
	while (b->count - at >= HEAD_BYTES) {
		uint32_t length;

		if (!is_head(from, b->at + at))
			return 0;
		messages++;
		length = read_u32(b->at + at + 1) + 1;
		if (length > b->count - at)
			return messages > 2 ? 80 : messages > 1 ? 75 : b->cut ? SCORE_START : 40;
		at += length;
	}
	if (!messages)
		return 0;
	return at == b->count ? (messages > 2 ? 90 : 80) : SCORE_START;
}

/* Names */

/* A string of the body, which ends with a zero. */
static struct text take_string(struct text *t)
{
	const char *end = t->length ? memchr(t->at, '\0', t->length) : NULL;
	struct text s = { t->at, end ? (size_t)(end - t->at) : t->length };
	size_t used = s.length + (end != NULL);

	t->at += used;
	t->length -= used;
	return s;
}

static void name_sql(struct postgres *p, struct dialogue *d, const char *verb, struct text sql,
		     bool whole, struct name *n)
{
	name_begin(n);
	name_add_word(n, verb);
	template_sql(n, sql.at, sql.length, SQL_QUOTES_NAME, dialogue_raw_names(d));
	if (!whole)
		name_cut(n);
	if (p->named)
		return;
	dialogue_name(d, CLIENT, n->text, n->length);
	p->named = true;
}

static void remember(struct postgres *p, struct dialogue *d, struct text name, const struct name *sql)
{
	if (statements_set(&p->statements, statements_key(name.at, name.length), sql->text,
			   sql->length))
		dialogue_forget(d);
}

/* The group is called by the first statement that it runs. */
static void name_statement(struct postgres *p, struct dialogue *d, struct text name)
{
	const struct statement *s =
		statements_find(&p->statements, statements_key(name.at, name.length));

	if (p->named || !s)
		return;
	dialogue_name(d, CLIENT, s->text, s->length);
	p->named = true;
}

/* Without a name the statement is the only one that was parsed; with one it says more than "?". */
static void name_unknown(struct postgres *p, struct dialogue *d, struct text name)
{
	struct name n;

	if (p->named || !name.length)
		return;
	name_begin(&n);
	name_add_word(&n, "prepared ");
	template_path(&n, name.at, name.length, dialogue_raw_names(d));
	dialogue_name(d, CLIENT, n.text, n.length);
	p->named = true;
}

/* Requests */

static void ask(struct postgres *p, struct dialogue *d)
{
	if (p->asking)
		return;
	dialogue_ask(d, CLIENT);
	p->asking = true;
	p->executes = p->named = false;
	p->statements_run = 0;
	p->last = 0;
}

/* The note tells where the answer to a Flush ends: with that to its last message. */
static void end_request(struct postgres *p, struct dialogue *d, bool flush)
{
	p->asking = false;
	if (p->statements_run > 1)
		dialogue_number(d, CLIENT, "statements", p->statements_run);
	if (flush)
		dialogue_set_note(d, CLIENT, (uint64_t)p->last);
}

static void take_startup_code(struct postgres *p, struct dialogue *d, uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *name;
	} names[] = {
		{ CODE_SSL, "SSLRequest" },
		{ CODE_GSS, "GSSENCRequest" },
		{ CODE_CANCEL, "CancelRequest" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].code == code)
			dialogue_name(d, CLIENT, names[i].name, strlen(names[i].name));
	p->asking = false;
	p->encrypts = code == CODE_SSL || code == CODE_GSS;
	if (code == CODE_CANCEL)
		dialogue_done(d, CLIENT);
}

/* Of the parameters the database is told; passwords are not among them. */
static size_t take_startup(struct postgres *p, struct dialogue *d, const struct bytes *b)
{
	uint32_t bytes = read_u32(b->at), code = read_u32(b->at + 4);
	struct text body = { (const char *)b->at + STARTUP_BYTES, 0 }, key, value;

	if (b->count < bytes && !b->cut)
		return 0;
	body.length = (b->count < bytes ? b->count : bytes) - STARTUP_BYTES;
	ask(p, d);
	if (code >> 16 != 3) {
		take_startup_code(p, d, code);
	} else {
		p->starting = true;
		p->asking = false;
		dialogue_name(d, CLIENT, "startup", 7);
		while (body.length) {
			key = take_string(&body);
			value = take_string(&body);
			if (text_is(&key, "database") || text_is(&key, "user"))
				dialogue_text(d, CLIENT, text_is(&key, "user") ? "user" : "database",
					      value.at, value.length);
		}
	}
	if (b->count >= bytes)
		return bytes;
	dialogue_skip(d, CLIENT, bytes - b->count);
	return b->count;
}

static void take_parse(struct postgres *p, struct dialogue *d, struct message *m)
{
	struct text name = take_string(&m->body), sql;
	bool whole = memchr(m->body.at, '\0', m->body.length) != NULL;
	struct name n;
	bool named = p->named;

	sql = take_string(&m->body);
	p->named = true; /* by what it says, not yet by that it prepares it */
	name_sql(p, d, "", sql, whole, &n);
	p->named = named;
	remember(p, d, name, &n);
	if (named)
		return;
	name_sql(p, d, "PREPARE ", sql, whole, &n);
	p->named = false; /* unless it is run */
}

static void take_bind(struct postgres *p, struct dialogue *d, struct message *m)
{
	struct text name;

	take_string(&m->body); /* the portal */
	name = take_string(&m->body);
	name_statement(p, d, name);
	name_unknown(p, d, name);
	p->statements_run++;
	p->executes = true;
}

static void take_describe(struct postgres *p, struct dialogue *d, struct message *m)
{
	struct text kind = { m->body.at, m->body.length ? 1 : 0 }, name;

	m->body.at += kind.length;
	m->body.length -= kind.length;
	name = take_string(&m->body);
	if (m->type == 'C' && kind.length && *kind.at == 'S')
		statements_remove(&p->statements, statements_key(name.at, name.length));
	if (!p->last && !p->named)
		dialogue_name(d, CLIENT, m->type == 'C' ? "CLOSE" : "DESCRIBE", m->type == 'C' ? 5 : 8);
}

static void take_query(struct postgres *p, struct dialogue *d, struct message *m)
{
	struct text sql = take_string(&m->body);
	struct name n;

	name_sql(p, d, "", sql, m->whole, &n);
	end_request(p, d, false);
}

/* A message that has no answer by itself. */
static void take_one_way(struct postgres *p, struct dialogue *d, const char *name)
{
	dialogue_ask(d, CLIENT);
	dialogue_name(d, CLIENT, name, strlen(name));
	dialogue_done(d, CLIENT);
	p->asking = false;
}

static void take_copy(struct postgres *p, struct dialogue *d, char type)
{
	bool begins = !p->asking;

	ask(p, d);
	if (begins)
		dialogue_name(d, CLIENT, "COPY data", 9);
	if (type != 'd' && !p->copy_extended) {
		end_request(p, d, false);
	}
}

static void take_client_message(struct postgres *p, struct dialogue *d, struct message *m)
{
	if (m->type == 'X') {
		take_one_way(p, d, "Terminate");
		return;
	}
	if ((m->type == 'd' && p->streams) || (m->type == 'H' && !p->asking)) {
		dialogue_aside(d, CLIENT);
		return;
	}
	if (m->type == 'd' || m->type == 'c' || m->type == 'f') {
		take_copy(p, d, m->type);
		return;
	}
	ask(p, d);
	switch (m->type) {
	case 'Q':
		take_query(p, d, m);
		break;
	case 'P':
		take_parse(p, d, m);
		break;
	case 'B':
		take_bind(p, d, m);
		break;
	case 'D':
	case 'C':
		take_describe(p, d, m);
		break;
	case 'p':
		dialogue_name(d, CLIENT, "authenticate", 12);
		p->asking = false;
		break;
	case 'F':
		dialogue_name(d, CLIENT, "FunctionCall", 12);
		end_request(p, d, false);
		break;
	case 'S':
		if (!p->last)
			dialogue_name(d, CLIENT, "SYNC", 4);
		end_request(p, d, false);
		break;
	case 'H':
		end_request(p, d, true);
		break;
	default:
		break;
	}
	if (m->type != 'H')
		p->last = m->type;
}

/* Answers */

/* SQLSTATE is the field "C" (chapter "Error and Notice Message Fields"). */
static void tell_error(struct dialogue *d, struct text body)
{
	while (body.length && *body.at) {
		char field = *body.at;
		struct text value;

		body.at++;
		body.length--;
		value = take_string(&body);
		if (field == 'C')
			dialogue_fail(d, SERVER, value.at, value.length);
	}
}

/* "SELECT 3", "INSERT 0 2": the last word is how many rows. */
static void tell_rows(struct dialogue *d, struct text body)
{
	struct text tag = take_string(&body), word = { 0 };
	uint64_t rows;

	while (tag.length)
		word = text_word(&tag);
	if (text_number(&word, &rows))
		dialogue_number(d, SERVER, "rows", rows);
}

/* Whether a message is the answer to the last one before a Flush. */
static bool ends_flush(uint64_t last, char type)
{
	static const struct {
		char last;
		const char *types;
	} answers[] = { { 'P', "1" }, { 'B', "2" }, { 'D', "Tn" }, { 'E', "CIs" }, { 'C', "3" } };

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (answers[i].last == (char)last)
			return type == 'E' || strchr(answers[i].types, type);
	return last && type == 'E';
}

static void end_answer(struct postgres *p, struct dialogue *d)
{
	p->answering = false;
	dialogue_done(d, SERVER);
}

/* The client has to say more before it is let in: 0 is success, 12 the end of SASL. */
static bool wants_more(const struct message *m)
{
	uint32_t code = m->body.length >= 4 ? read_u32((const uint8_t *)m->body.at) : 0;

	return m->type == 'R' && code != 0 && code != 12;
}

/* What may come at any time; false if it is no such message. */
static bool take_aside(const struct postgres *p, struct dialogue *d, char type)
{
	if (p->answering || (type != 'N' && type != 'S' && type != 'A'))
		return false;
	if (type == 'N' && dialogue_interim(d, SERVER))
		return true;
	dialogue_aside(d, SERVER);
	return true;
}

static void take_server_message(struct postgres *p, struct dialogue *d, const struct message *m)
{
	uint64_t flush;

	if (take_aside(p, d, m->type))
		return;
	if (!p->answering)
		dialogue_answer(d, SERVER);
	p->answering = true;
	p->encrypts = false;
	flush = dialogue_note(d, SERVER);
	switch (m->type) {
	case 'E':
		tell_error(d, m->body);
		break;
	case 'C':
		tell_rows(d, m->body);
		break;
	case 'G':
		p->copy_extended = p->executes;
		break;
	case 'W':
		p->streams = true;
		dialogue_waits(d, SERVER);
		break;
	default:
		break;
	}
	if (m->type == 'Z' || m->type == 'G' || wants_more(m) || ends_flush(flush, m->type) ||
	    (m->type == 'E' && p->starting))
		end_answer(p, d);
	p->starting &= m->type != 'Z';
	p->streams &= m->type != 'Z';
}

/* "S": encryption follows, in the same stream. */
static size_t take_encryption(struct postgres *p, struct dialogue *d, const struct bytes *b)
{
	char answer = (char)*b->at;

	if (answer != 'S' && answer != 'G' && answer != 'N') {
		dialogue_doubt(d);
		return 0;
	}
	p->encrypts = false;
	dialogue_answer(d, SERVER);
	dialogue_text(d, SERVER, "answer", &answer, 1);
	dialogue_done(d, SERVER);
	if (answer != 'N')
		dialogue_switch(d, NULL);
	return 1;
}

static size_t take(void *state, struct dialogue *d, enum side from, const struct bytes *b)
{
	struct postgres *p = state;
	struct message m;
	uint32_t look;

	if (from == CLIENT && *b->at == 0) {
		if (b->count < STARTUP_BYTES)
			return 0;
		if (is_startup(b))
			return take_startup(p, d, b);
	}
	if (from == SERVER && p->encrypts && *b->at != 'E') /* servers that know of none complain */
		return take_encryption(p, d, b);
	if (b->count < HEAD_BYTES)
		return 0;
	if (!is_head(from, b->at)) {
		dialogue_doubt(d);
		return 0;
	}
	m.type = (char)*b->at;
	m.bytes = read_u32(b->at + 1) + 1;
	m.whole = b->count >= m.bytes;
	look = m.bytes < LOOK_BYTES ? m.bytes : LOOK_BYTES;
	if (b->count < look && !b->cut && m.type != 'd' && (from == CLIENT || m.type != 'D'))
		return 0;
	m.body.at = (const char *)b->at + HEAD_BYTES;
	m.body.length = (m.whole ? m.bytes : b->count) - HEAD_BYTES;
	if (from == CLIENT)
		take_client_message(p, d, &m);
	else
		take_server_message(p, d, &m);
	if (m.whole)
		return m.bytes;
	dialogue_skip(d, from, m.bytes - b->count);
	return b->count;
}

static void lose(void *state, enum side from)
{
	struct postgres *p = state;

	if (from == CLIENT)
		p->asking = false;
	else
		p->answering = false;
}

/* ReadyForQuery. */
static bool ends(const void *state, enum side from, const struct bytes *tail)
{
	static const uint8_t ready[] = { 'Z', 0, 0, 0, 5 };
	const uint8_t *at = tail->at + tail->count - sizeof(ready) - 1;

	return from == SERVER && tail->count > sizeof(ready) && !memcmp(at, ready, sizeof(ready)) &&
	       memchr("ITE", at[sizeof(ready)], 3);
}

static void free_state(void *state)
{
	statements_free(&((struct postgres *)state)->statements);
}

const struct protocol protocol_postgres = {
	.name = "postgresql",
	.port = 5432,
	.streams = true,
	.many_messages = true,
	.state_bytes = sizeof(struct postgres),
	.score = score,
	.take = take,
	.lose = lose,
	.ends = ends,
	.free = free_state,
};
