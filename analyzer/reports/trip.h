/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One round trip, kept and told. */
#ifndef REPORTS_TRIP_H
#define REPORTS_TRIP_H

#include <jansson.h>

#include "analyzer/reports/view.h"
#include "analyzer/util/jsonline.h"

/* The object that `trips --json` prints on a line. */
void trip_line(const struct scope *scope, const struct round_trip *t, struct jsonline *line);

/* The peer as "example.org:80" if its name was looked up, else by address; not clean. */
const char *connection_peer(const struct connection *c, char *buffer, size_t size);

/*
 * Whom a connection joins, as far as is known: the peer's name or address, else the own one
 * (servers' Unix sockets), else what it is, as in "tcp socket"; clean.  Returns buffer.
 */
const char *connection_label(const struct connection *c, bool utf8, char *buffer, size_t size);

/*
 * The same from the side of what is asked: for a client the peer, for a server its
 * own address, since its peers' ports are as many as its connections.
 */
const char *endpoint_label(const struct connection *c, enum role role, char *buffer, size_t size);

/* "#3", or "1234#3" where there are several processes: ids are unique within one. */
const char *connection_id(const struct scope *scope, const struct connection *c, char *buffer,
			  size_t size);

/* An address for JSON: null if it is not known. */
json_t *address_json(const struct address *a);

/* "http GET /x", or NULL if neither is known; clean. */
const char *trip_name(const struct round_trip *t, bool utf8, char *buffer, size_t size);

/* "404", "WRONGTYPE", "ECONNRESET", …: why it failed, in a word; NULL if nothing tells. */
const char *trip_error(const struct round_trip *t);

/* "ok", "ECONNRESET", "closed", …: what became of it, in a word. */
const char *trip_outcome(const struct round_trip *t);

/* The stack of the call that began a round trip. */
struct stack_reference trip_stack(const struct round_trip *t);

/* The frame that made the call with this stack; NULL if it is not known. */
const struct frame *caller_frame(const struct scope *scope, struct stack_reference stack);

#define TRIP_TEXT_BYTES 1024

#endif
