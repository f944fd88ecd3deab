/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of our JSON, built with jansson: unknown is null, text is valid UTF-8. */
#include "analyzer/util/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/util/alloc.h"
#include "analyzer/util/latency.h"
#include "analyzer/util/text.h"

json_t *json_known(uint64_t value)
{
	return value == UINT64_MAX ? json_null() : json_integer((json_int_t)value);
}

json_t *json_text(const char *text)
{
	if (!text)
		return json_null();
	/* Each byte may become four. */
	size_t size = 4 * strlen(text) + 1;
	char *clean = xmalloc(size);
	json_t *value = json_string(text_clean(text, true, clean, size));
	free(clean);
	return value;
}

static json_t *json_known_real(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

json_t *json_latency(struct latency *l)
{
	json_t *o = json_object();

	json_object_set_new(o, "count", json_known(latency_count(l)));
	json_object_set_new(o, "mean", json_known_real(latency_mean_ns(l)));
	json_object_set_new(o, "stdev", json_known_real(latency_stdev_ns(l)));
	json_object_set_new(o, "min", json_known(latency_min_ns(l)));
	json_object_set_new(o, "p50", json_known(latency_quantile_ns(l, 0.50)));
	json_object_set_new(o, "p90", json_known(latency_quantile_ns(l, 0.90)));
	json_object_set_new(o, "p95", json_known(latency_quantile_ns(l, 0.95)));
	json_object_set_new(o, "p99", json_known(latency_quantile_ns(l, 0.99)));
	json_object_set_new(o, "p999", json_known(latency_quantile_ns(l, 0.999)));
	json_object_set_new(o, "max", json_known(latency_max_ns(l)));
	return o;
}

void json_write_document(FILE *file, json_t *value)
{
	json_dumpf(value, file, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	json_decref(value);
}
