/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNS (RFC 1035), over UDP and, with lengths before messages, over TCP (section 4.2.2, RFC 7766).  An
 * answer carries its question's id and repeats it; both together match.
 */
#include <ctype.h>
#include <stdio.h>

#include "analyzer/protocols/read.h"
#include "analyzer/protocols/statements.h"
#include "analyzer/protocols/template.h"

enum { HEADER_BYTES = 12, NAME_BYTES_MAX = 255, LABEL_BYTES_MAX = 63, LENGTH_BYTES = 2 };
enum { FLAG_RESPONSE = 0x8000, FLAG_TRUNCATED = 0x0200, OPCODES = 0x7800, RCODES = 0x000f };
enum { CLASS_IN = 1 };

/* The one question of a message. */
struct question {
	uint16_t id, flags, answers;
	uint16_t type;
	size_t length;
	char name[NAME_BYTES_MAX + 1]; /* in lower case, without the last dot */
};

static const struct {
	uint16_t type;
	const char *name;
} types[] = {
	{ 1, "A" },	 { 2, "NS" },	  { 5, "CNAME" },  { 6, "SOA" },    { 12, "PTR" },
	{ 13, "HINFO" }, { 15, "MX" },	  { 16, "TXT" },   { 28, "AAAA" },  { 33, "SRV" },
	{ 35, "NAPTR" }, { 41, "OPT" },	  { 43, "DS" },	   { 46, "RRSIG" }, { 48, "DNSKEY" },
	{ 52, "TLSA" },	 { 64, "SVCB" },  { 65, "HTTPS" }, { 252, "AXFR" }, { 255, "ANY" },
	{ 257, "CAA" },
};

static const char *type_name(uint16_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

/* Labels up to the empty one; questions are not compressed.  Returns their bytes, 0 if they are none. */
static size_t read_name(const uint8_t *p, size_t count, struct question *q)
{
	size_t at = 0;

	q->length = 0;
	while (at < count && p[at]) {
		size_t label = p[at];

		if (label > LABEL_BYTES_MAX || at + label + 1 > count || q->length + label >= NAME_BYTES_MAX)
			return 0;
		if (q->length)
			q->name[q->length++] = '.';
		for (size_t i = 1; i <= label; i++)
			q->name[q->length++] = (char)tolower(p[at + i]);
		at += label + 1;
	}
	return at < count ? at + 1 : 0;
}

static bool read_question(const uint8_t *p, size_t count, struct question *q)
{
	size_t name;

	if (count < HEADER_BYTES || read_u16(p + 4) != 1)
		return false;
	q->id = read_u16(p);
	q->flags = read_u16(p + 2);
	q->answers = read_u16(p + 6);
	name = read_name(p + HEADER_BYTES, count - HEADER_BYTES, q);
	if (!name || count - HEADER_BYTES - name < 4 || q->flags & OPCODES)
		return false;
	p += HEADER_BYTES + name;
	q->type = read_u16(p);
	return read_u16(p + 2) == CLASS_IN;
}

static int score_message(enum side from, const uint8_t *p, size_t count)
{
	struct question q;

	if (!read_question(p, count, &q) || !type_name(q.type))
		return 0;
	if (from == CLIENT)
		return !(q.flags & FLAG_RESPONSE) && !q.answers && !read_u16(p + 8) &&
				       read_u16(p + 10) <= 2 ? 95 : 0;
	return q.flags & FLAG_RESPONSE ? 90 : 0;
}

static int score_datagram(enum side from, const struct bytes *b)
{
	return score_message(from, b->at, b->count);
}

static int score_stream(enum side from, const struct bytes *b)
{
	size_t length = b->count >= LENGTH_BYTES ? read_u16(b->at) : 0;

	if (b->count < LENGTH_BYTES + HEADER_BYTES || length < HEADER_BYTES)
		return 0;
	if (from == CLIENT && length + LENGTH_BYTES > b->count && !b->cut)
		return 0;
	return score_message(from, b->at + LENGTH_BYTES, b->count - LENGTH_BYTES);
}

/* "NXDOMAIN" (RFC 1035, section 4.1.1; RFC 6895). */
static void tell_failure(struct dialogue *d, unsigned int rcode)
{
	static const char *const names[] = { NULL,	 "FORMERR",  "SERVFAIL", "NXDOMAIN",
					     "NOTIMP",	 "REFUSED",  "YXDOMAIN", "YXRRSET",
					     "NXRRSET",	 "NOTAUTH",  "NOTZONE" };
	char number[16];
	const char *name = number;

	if (!rcode)
		return;
	if (rcode < sizeof(names) / sizeof(*names))
		name = names[rcode];
	else
		snprintf(number, sizeof(number), "RCODE%u", rcode);
	dialogue_fail(d, SERVER, name, strlen(name));
}

static void name_question(struct dialogue *d, const struct question *q)
{
	const char *type = type_name(q->type);
	struct name name;
	char number[16];

	name_begin(&name);
	if (!type) {
		snprintf(number, sizeof(number), "TYPE%u", (unsigned int)q->type);
		type = number;
	}
	name_add_word(&name, type);
	name_add_word(&name, " ");
	if (q->length)
		template_path(&name, q->name, q->length, dialogue_raw_names(d));
	else
		name_add_word(&name, ".");
	dialogue_name(d, CLIENT, name.text, name.length);
}

/* Answers are told from questions by their flag: a side may be both, as resolvers are. */
static void take_message(struct dialogue *d, enum side from, const uint8_t *p, size_t count)
{
	struct question q;
	uint64_t id;

	if (!read_question(p, count, &q)) {
		dialogue_aside(d, from);
		return;
	}
	id = statements_key(q.name, q.length) ^ ((uint64_t)q.id << 16 | q.type);
	if (!(q.flags & FLAG_RESPONSE)) {
		dialogue_ask_id(d, from, id);
		if (from == CLIENT)
			name_question(d, &q);
		return;
	}
	if (!dialogue_answer_id(d, from, id))
		return;
	dialogue_number(d, from, "answers", q.answers);
	if (q.flags & FLAG_TRUNCATED)
		dialogue_text(d, from, "truncated", "true", 4);
	if (from == SERVER)
		tell_failure(d, q.flags & RCODES);
	dialogue_done(d, from);
}

static size_t take_datagram(void *state, struct dialogue *d, enum side from, const struct bytes *b)
{
	take_message(d, from, b->at, b->count);
	return b->count;
}

static size_t take_stream(void *state, struct dialogue *d, enum side from, const struct bytes *b)
{
	size_t bytes = b->count >= LENGTH_BYTES ? (size_t)read_u16(b->at) + LENGTH_BYTES : 0;

	if (!bytes || (b->count < bytes && !b->cut))
		return 0;
	if (bytes < LENGTH_BYTES + HEADER_BYTES) {
		dialogue_doubt(d);
		return 0;
	}
	take_message(d, from, b->at + LENGTH_BYTES,
		     (b->count < bytes ? b->count : bytes) - LENGTH_BYTES);
	if (b->count >= bytes)
		return bytes;
	dialogue_skip(d, from, bytes - b->count);
	return b->count;
}

/* Nothing is kept between messages. */
static void lose(void *state, enum side from)
{
}

const struct protocol protocol_dns = {
	.name = "dns",
	.port = 53,
	.datagrams = true,
	.score = score_datagram,
	.take = take_datagram,
	.lose = lose,
};

const struct protocol protocol_dns_stream = {
	.name = "dns",
	.port = 53,
	.streams = true,
	.score = score_stream,
	.take = take_stream,
	.lose = lose,
};
