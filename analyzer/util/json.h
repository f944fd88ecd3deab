/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of our JSON, built with jansson: unknown is null, text is valid UTF-8. */
#ifndef UTIL_JSON_H
#define UTIL_JSON_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

struct latency;

/* All return new references. */

/* null for UINT64_MAX. */
json_t *json_known(uint64_t value);

/* null for NULL; bytes that are not UTF-8 and control characters become \xNN. */
json_t *json_text(const char *text);

/* count mean stdev min p50 p90 p95 p99 p999 max; all but count are null without samples. */
json_t *json_latency(struct latency *l);

/* Writes a document over several lines, without an end of line after it, and releases it. */
void json_write_document(FILE *file, json_t *value);

#endif
