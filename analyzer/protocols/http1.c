/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.0 and 1.1 (RFC 9110, RFC 9112).  Heads are read line by line, bodies are
 * skipped by their length or from chunk to chunk.  A head that was not captured
 * whole leaves the length of its body unknown: it ends where the next message starts.
 */
#include <strings.h>

#include "analyzer/protocols/read.h"
#include "analyzer/protocols/template.h"

/* What is to come next from a side. */
enum phase { START, FIELDS, CHUNK, TRAILER };

/* What an answer must know of its request; kept with the round trip. */
enum { NOTE_HEAD = 1, NOTE_CONNECT = 2 };

/* One side's message. */
struct message {
	enum phase phase;
	bool interim;     /* 1xx */
	bool chunked, has_length;
	bool chunks_lost; /* it was amid chunks when it fell out of step */
	bool stream;      /* events, as they happen */
	uint32_t status;
	uint64_t length;
};

struct http {
	struct message messages[2]; /* by side */
};

static const struct {
	char name[8];
	uint8_t length;
} methods[] = {
	{ "GET", 3 },     { "POST", 4 },  { "PUT", 3 },     { "HEAD", 4 },  { "DELETE", 6 },
	{ "OPTIONS", 7 }, { "PATCH", 5 }, { "CONNECT", 7 }, { "TRACE", 5 },
};

/* Scores */

static bool is_known_method(const struct text *t)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (t->length == methods[i].length && memcmp(t->at, methods[i].name, t->length) == 0)
			return true;
	return false;
}

/* Extensions (WebDAV and others) look like those that are known. */
static bool is_method(const struct text *t)
{
	for (size_t i = 0; i < t->length; i++)
		if ((t->at[i] < 'A' || t->at[i] > 'Z') && t->at[i] != '-')
			return false;
	return t->length >= 3 && t->length <= 20;
}

static bool ends_with_version(const struct text *line)
{
	static const char version[] = " HTTP/1.";
	size_t bytes = sizeof(version) - 1;

	return line->length > bytes + 1 &&
	       memcmp(line->at + line->length - bytes - 1, version, bytes) == 0;
}

static int score_request(const struct bytes *b)
{
	struct text line, rest, method;
	bool whole = read_line(b, &line) != 0;

	rest = line;
	method = text_word(&rest);
	if (!is_method(&method) || !rest.length)
		return 0;
	if (whole)
		return ends_with_version(&line) ? 96 : 0;
	return is_known_method(&method) && (*rest.at == '/' || text_begins(&rest, "http")) ? 80 : 0;
}

static int score(enum side from, const struct bytes *b)
{
	const uint8_t *p = b->at;

	if (from == CLIENT)
		return score_request(b);
	if (b->count < 12 || memcmp(p, "HTTP/1.", 7) != 0 || p[8] != ' ')
		return 0;
	return p[9] >= '1' && p[9] <= '5' ? 97 : 0;
}

/* Heads */

static void begin(struct message *m)
{
	*m = (struct message){ .phase = FIELDS };
}

/* "GET /orders/{id}": of an absolute target the path; of CONNECT's, which has none, all. */
static void name_request(struct dialogue *d, const struct text *method, struct text target, bool cut)
{
	struct name name;
	const char *scheme = memmem(target.at, target.length, "://", 3);

	if (scheme && *target.at != '/') {
		const char *end = target.at + target.length;
		const char *path = memchr(scheme + 3, '/', (size_t)(end - scheme - 3));

		target = path ? (struct text){ path, (size_t)(end - path) } : (struct text){ "/", 1 };
	}
	name_begin(&name);
	name_add(&name, method->at, method->length);
	name_add_word(&name, " ");
	template_path(&name, target.at, target.length,
		      dialogue_raw_names(d) || text_is(method, "CONNECT"));
	if (cut && !memchr(target.at, '?', target.length))
		name_cut(&name);
	dialogue_name(d, CLIENT, name.text, name.length);
	dialogue_text(d, CLIENT, "method", method->at, method->length);
}

/* The request line; the head's end is not known where the line's is not. */
static size_t take_request_line(struct http *h, struct dialogue *d, const struct bytes *b)
{
	struct text line, rest, method;
	size_t bytes = read_line(b, &line);

	if (!bytes && !b->cut)
		return 0;
	if (bytes && !line.length)
		return bytes; /* an empty line before a request (RFC 9112, 2.2) */
	rest = line;
	method = text_word(&rest);
	if (!is_method(&method) || (bytes && !ends_with_version(&line))) {
		dialogue_doubt(d);
		return 0;
	}
	dialogue_ask(d, CLIENT);
	dialogue_set_note(d, CLIENT, text_is(&method, "HEAD")    ? NOTE_HEAD :
				     text_is(&method, "CONNECT") ? NOTE_CONNECT :
								   0);
	name_request(d, &method, text_word(&rest), !bytes);
	begin(&h->messages[CLIENT]);
	if (bytes)
		return bytes;
	h->messages[CLIENT].phase = START;
	dialogue_lose(d, CLIENT);
	return b->count;
}

static size_t take_status_line(struct http *h, struct dialogue *d, const struct bytes *b)
{
	struct message *m = &h->messages[SERVER];
	struct text line, code;
	size_t bytes = read_line(b, &line);
	uint64_t status;

	if (!bytes && !b->cut)
		return 0;
	code = (struct text){ line.at + 9, 3 };
	if (line.length < 12 || !text_begins(&line, "HTTP/1.") || !text_number(&code, &status) ||
	    status < 100) {
		dialogue_doubt(d);
		return 0;
	}
	begin(m);
	m->status = (uint32_t)status;
	m->interim = status < 200 && status != 101;
	if (m->interim) {
		dialogue_interim(d, SERVER);
		dialogue_number(d, SERVER, "interim", status);
		return bytes ? bytes : b->count;
	}
	dialogue_answer(d, SERVER);
	dialogue_number(d, SERVER, "status_code", status);
	if (status >= 400)
		dialogue_fail(d, SERVER, code.at, code.length);
	return bytes ? bytes : b->count;
}

static bool field_value(const struct text *line, const char *name, struct text *value)
{
	size_t bytes = strlen(name);

	if (line->length <= bytes || line->at[bytes] != ':' ||
	    strncasecmp(line->at, name, bytes) != 0)
		return false;
	value->at = line->at + bytes + 1;
	value->length = line->length - bytes - 1;
	while (value->length && (*value->at == ' ' || *value->at == '\t')) {
		value->at++;
		value->length--;
	}
	while (value->length && value->at[value->length - 1] == ' ')
		value->length--;
	return true;
}

static bool ends_chunked(const struct text *value)
{
	return value->length >= 7 &&
	       strncasecmp(value->at + value->length - 7, "chunked", 7) == 0;
}

/* Up to its parameters. */
static size_t media_type_length(const struct text *value)
{
	const char *end = memchr(value->at, ';', value->length);

	return end ? (size_t)(end - value->at) : value->length;
}

static void take_field(struct message *m, struct dialogue *d, enum side from, const struct text *line)
{
	struct text value;

	switch (line->length ? *line->at | 0x20 : 0) {
	case 'c':
		if (field_value(line, "content-length", &value))
			m->has_length |= text_number(&value, &m->length);
		else if (from == SERVER && field_value(line, "content-type", &value)) {
			dialogue_text(d, from, "content_type", value.at, media_type_length(&value));
			m->stream = strncasecmp(value.at, "text/event-stream",
						value.length < 17 ? value.length : 17) == 0 &&
				    value.length >= 17;
		}
		break;
	case 't':
		if (field_value(line, "transfer-encoding", &value))
			m->chunked = ends_chunked(&value);
		break;
	case 'h':
		if (from == CLIENT && field_value(line, "host", &value))
			dialogue_text(d, from, "host", value.at, value.length);
		break;
	default:
		break;
	}
}

/* Bodies */

/* Behind the head of a request. */
static void begin_request_body(struct message *m, struct dialogue *d)
{
	m->phase = m->chunked ? CHUNK : START;
	if (m->chunked || !m->has_length)
		return;
	dialogue_number(d, CLIENT, "request_body_bytes", m->length);
	dialogue_skip(d, CLIENT, m->length);
}

/* Of an answer (RFC 9112, section 6.3). */
static void begin_response_body(struct message *m, struct dialogue *d)
{
	uint64_t note = dialogue_note(d, SERVER);
	bool tunnel = m->status == 101 || (note & NOTE_CONNECT && m->status < 300);
	bool none = note & NOTE_HEAD || m->status == 204 || m->status == 304;

	m->phase = START;
	if (m->interim)
		return;
	if (m->stream)
		dialogue_waits(d, SERVER);
	if (tunnel || none) {
		dialogue_done(d, SERVER);
		if (tunnel)
			dialogue_switch(d, NULL);
	} else if (m->chunked) {
		m->phase = CHUNK;
	} else if (m->has_length) {
		dialogue_number(d, SERVER, "response_body_bytes", m->length);
		dialogue_skip(d, SERVER, m->length);
		dialogue_done(d, SERVER);
	} else {
		dialogue_skip_all(d, SERVER);
	}
}

/* A line of a head; the empty one ends it. */
static size_t take_field_line(struct message *m, struct dialogue *d, enum side from,
			      const struct bytes *b)
{
	struct text line;
	size_t bytes = read_line(b, &line);

	if (!bytes && !b->cut)
		return 0;
	if (!bytes) {
		m->phase = START;
		dialogue_lose(d, from);
		return b->count;
	}
	if (line.length)
		take_field(m, d, from, &line);
	else if (from == CLIENT)
		begin_request_body(m, d);
	else
		begin_response_body(m, d);
	return bytes;
}

/* "1a;extension": false if it is no number. */
static bool chunk_size(const struct text *line, uint64_t *size)
{
	size_t i = 0;

	*size = 0;
	for (; i < line->length && i < 15; i++) {
		char c = line->at[i];
		int digit = c >= '0' && c <= '9'		? c - '0' :
			    (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 :
								     -1;

		if (digit < 0)
			break;
		*size = *size << 4 | (uint64_t)digit;
	}
	return i > 0 && (i == line->length || line->at[i] == ';' || line->at[i] == ' ');
}

static size_t take_chunk(struct message *m, struct dialogue *d, enum side from, const struct bytes *b)
{
	static const char end_of_line[] = "\r\n";
	struct text line;
	size_t bytes = read_line(b, &line);
	uint64_t size;

	if (!bytes)
		return 0;
	if (!chunk_size(&line, &size)) {
		dialogue_doubt(d);
		return 0;
	}
	if (size)
		dialogue_skip(d, from, size + strlen(end_of_line));
	else
		m->phase = TRAILER;
	return bytes;
}

static size_t take_trailer(struct message *m, struct dialogue *d, enum side from,
			   const struct bytes *b)
{
	struct text line;
	size_t bytes = read_line(b, &line);

	if (bytes && !line.length) {
		m->phase = START;
		if (from == SERVER)
			dialogue_done(d, from);
	}
	return bytes;
}

static size_t take(void *state, struct dialogue *d, enum side from, const struct bytes *b)
{
	struct http *h = state;
	struct message *m = &h->messages[from];

	switch (m->phase) {
	case START:
		return from == CLIENT ? take_request_line(h, d, b) : take_status_line(h, d, b);
	case FIELDS:
		return take_field_line(m, d, from, b);
	case CHUNK:
		return take_chunk(m, d, from, b);
	default:
		return take_trailer(m, d, from, b);
	}
}

static void lose(void *state, enum side from)
{
	struct message *m = &((struct http *)state)->messages[from];

	*m = (struct message){ .chunks_lost = m->phase == CHUNK || m->phase == TRAILER };
}

/* The last chunk, without trailers. */
static bool ends(const void *state, enum side from, const struct bytes *tail)
{
	static const char last[] = "0\r\n\r\n";
	size_t bytes = sizeof(last) - 1;

	return ((const struct http *)state)->messages[from].chunks_lost && tail->count >= bytes &&
	       memcmp(tail->at + tail->count - bytes, last, bytes) == 0;
}

const struct protocol protocol_http1 = {
	.name = "http",
	.port = 80,
	.streams = true,
	.state_bytes = sizeof(struct http),
	.score = score,
	.take = take,
	.lose = lose,
	.ends = ends,
};
