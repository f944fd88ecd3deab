/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS: handshakes, and what is known of a connection's encryption. */
#ifndef REPORTS_TLS_H
#define REPORTS_TLS_H

#include <jansson.h>

#include "analyzer/reports/view.h"
#include "analyzer/util/latency.h"
#include "analyzer/util/table.h"

/* How long a handshake took; UNKNOWN if none was seen. */
uint64_t handshake_ns(const struct connection *c);

/* "certificate verify failed", not clean; NULL if it succeeded, or none was seen. */
const char *handshake_failure(const struct connection *c);

/* What is known of a connection's TLS; null if it has none, or that is not known. */
json_t *tls_json(const struct scope *scope, const struct connection *c,
		 const struct connection_stats *s);

/* Two cells: "TLS 1.3", and how long the handshake took. */
void tls_cells(struct table *t, const struct connection *c, const struct connection_stats *s);

/* Handshakes of many connections. */
struct handshakes {
	struct latency *latency; /* of all that ended, in whatever way */
	uint64_t failed, resumed;
};

void handshakes_init(struct handshakes *h);
void handshakes_free(struct handshakes *h);
void handshakes_add(struct handshakes *h, const struct connection *c);
/* The rest of a line: how many, how they ended; and one below: how long they took. */
void handshakes_print(struct handshakes *h, const struct out *o, unsigned indent);

#endif
