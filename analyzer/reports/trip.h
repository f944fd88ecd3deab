/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One round trip, kept and told. */
#ifndef REPORTS_TRIP_H
#define REPORTS_TRIP_H

#include <jansson.h>

#include "analyzer/reports/view.h"

/* The object that `trips --json` prints on a line. */
json_t *trip_json(const struct scope *scope, const struct round_trip *t);

/* "127.0.0.1:80", or for a server the client's address; clean. Returns buffer. */
const char *trip_peer(const struct round_trip *t, bool utf8, char *buffer, size_t size);

/* "http GET /x", or NULL if neither is known; clean. */
const char *trip_name(const struct round_trip *t, bool utf8, char *buffer, size_t size);

/* "ok", "ECONNRESET", "closed", …: what became of it, in a word. */
const char *trip_outcome(const struct round_trip *t);

#define TRIP_TEXT_BYTES 1024

#endif
