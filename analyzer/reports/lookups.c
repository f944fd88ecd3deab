/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Name lookups: how long they took, and which failed. */
#include "analyzer/reports/lookups.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analyzer/util/alloc.h"
#include "analyzer/util/json.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

#define FAILURES_SHOWN 5

struct failed_lookup {
	char *key; /* error, then name */
	const char *name, *error;
	uint64_t count;
	UT_hash_handle hh;
};

void lookups_init(struct lookups *l)
{
	*l = (struct lookups){ .latency = latency_new() };
}

void lookups_free(struct lookups *l)
{
	struct failed_lookup *f, *next;

	HASH_ITER(hh, l->failures, f, next)
	{
		HASH_DEL(l->failures, f);
		free(f->key);
		free(f);
	}
	latency_free(l->latency);
}

static void add_failure(struct lookups *l, const struct lookup *lookup)
{
	size_t name_bytes = strlen(lookup->name) + 1, bytes = sizeof(lookup->result) + name_bytes;
	char *key = xmalloc(bytes);
	struct failed_lookup *f;

	memcpy(key, &lookup->result, sizeof(lookup->result));
	memcpy(key + sizeof(lookup->result), lookup->name, name_bytes);
	HASH_FIND(hh, l->failures, key, bytes, f);
	if (f) {
		free(key);
	} else {
		f = xcalloc(1, sizeof(*f));
		f->key = key;
		f->name = key + sizeof(lookup->result);
		f->error = lookup_error(lookup->call, lookup->result);
		HASH_ADD_KEYPTR(hh, l->failures, f->key, bytes, f);
	}
	f->count++;
}

void lookups_add(struct lookups *l, const struct lookup *lookup)
{
	if (!lookup_counts(lookup))
		return;
	latency_add(l->latency, lookup->ended_ns - lookup->started_ns);
	if (!lookup_failed(lookup))
		return;
	l->failed++;
	add_failure(l, lookup);
}

static int most_first(const struct failed_lookup *a, const struct failed_lookup *b)
{
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->name, b->name);
}

void lookups_print_failures(struct lookups *l, const struct out *o, int indent)
{
	char clean[1024], number[UNIT_TEXT_BYTES];
	unsigned int shown = 0;

	HASH_SORT(l->failures, most_first);
	for (const struct failed_lookup *f = l->failures; f && shown < FAILURES_SHOWN;
	     f = f->hh.next, shown++) {
		fprintf(o->file, "%*s", indent, "");
		out_styled(o, STYLE_NAME, "%s", text_clean(f->name, o->utf8, clean, sizeof(clean)));
		out_styled(o, STYLE_BAD, ": %s", f->error);
		if (f->count > 1)
			fprintf(o->file, " (%s times)", count_format(f->count, number));
		fputc('\n', o->file);
	}
	if (HASH_COUNT(l->failures) > shown)
		fprintf(o->file, "%*s%s more names\n", indent, "",
			count_format(HASH_COUNT(l->failures) - shown, number));
}

json_t *lookups_failures_json(struct lookups *l)
{
	json_t *array = json_array();

	HASH_SORT(l->failures, most_first);
	for (const struct failed_lookup *f = l->failures; f; f = f->hh.next) {
		json_t *o = json_object();
		json_object_set_new(o, "name", json_text(f->name));
		json_object_set_new(o, "error", json_string(f->error));
		json_object_set_new(o, "count", json_known(f->count));
		json_array_append_new(array, o);
	}
	return array;
}
