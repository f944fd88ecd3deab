/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Round trips by whom they asked and what for. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/groups.h"
#include "analyzer/reports/trip.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/json.h"
#include "analyzer/util/text.h"

struct endpoint {
	struct group group;
	char *key; /* role and transport, then address, host, protocol and name, each ends in NUL */
	enum role role;
	enum transport transport;
	const char *address, *host, *protocol, *name; /* within key; empty: unknown */
};

struct seen_connection {
	const struct connection *connection;
	struct endpoint *last; /* that of its last round trip */
	UT_hash_handle hh;
};

struct endpoints {
	struct view view;
	const struct table_options *options;
	struct group *rows; /* by the endpoints' keys */
	struct seen_connection *seen;
};

static struct view *create(struct scope *scope, const void *options)
{
	struct endpoints *e = xcalloc(1, sizeof(*e));

	e->view = (struct view){ &endpoints_view, scope };
	e->options = options;
	return &e->view;
}

static void destroy(struct view *v)
{
	struct endpoints *e = (struct endpoints *)v;
	struct seen_connection *s, *next_seen;

	HASH_ITER(hh, e->seen, s, next_seen)
	{
		HASH_DEL(e->seen, s);
		free(s);
	}
	for (struct group *g = e->rows; g; g = g->hh.next)
		free(((struct endpoint *)g)->key);
	groups_free(&e->rows);
	free(e);
}

static const char *append(char *key, size_t *used, const char *text)
{
	size_t bytes = strlen(text) + 1;

	memcpy(key + *used, text, bytes);
	*used += bytes;
	return key + *used - bytes;
}

static struct endpoint *find_endpoint(struct endpoints *e, const struct round_trip *t)
{
	const struct connection *c = t->connection;
	const char *protocol = t->protocol ? t->protocol : "", *name = t->name ? t->name : "";
	const char *host = c->host ? c->host : "";
	char address[ADDRESS_TEXT_BYTES];
	struct group *known;

	endpoint_label(c, t->role, address, sizeof(address));
	size_t used = 2;
	char *key = xcalloc(1, used + strlen(address) + strlen(host) + strlen(protocol) +
				  strlen(name) + 4);
	key[0] = (char)t->role;
	key[1] = (char)c->transport;
	struct endpoint fresh = {
		.key = key,
		.role = t->role,
		.transport = c->transport,
		.address = append(key, &used, address),
		.host = append(key, &used, host),
		.protocol = append(key, &used, protocol),
		.name = append(key, &used, name),
	};
	HASH_FIND(hh, e->rows, key, used, known);
	if (known) {
		free(key);
		return (struct endpoint *)known;
	}
	struct endpoint *added = xcalloc(1, sizeof(*added));
	*added = fresh;
	added->group.order = HASH_COUNT(e->rows);
	HASH_ADD_KEYPTR(hh, e->rows, added->key, used, &added->group);
	return added;
}

static bool same(const struct endpoint *p, const struct round_trip *t)
{
	return p->role == t->role && strcmp(p->protocol, t->protocol ? t->protocol : "") == 0 &&
	       strcmp(p->name, t->name ? t->name : "") == 0;
}

/* A connection asks mostly one thing: its address is formatted once, not for each round trip. */
static void trip(struct view *v, const struct round_trip *t)
{
	struct endpoints *e = (struct endpoints *)v;
	struct seen_connection *seen;

	HASH_FIND_PTR(e->seen, &t->connection, seen);
	if (!seen) {
		seen = xcalloc(1, sizeof(*seen));
		seen->connection = t->connection;
		HASH_ADD_PTR(e->seen, connection, seen);
		seen->last = find_endpoint(e, t);
	} else if (!same(seen->last, t)) {
		seen->last = find_endpoint(e, t);
	}
	tally_add(&seen->last->group.tally, t);
}

static const char *or_unknown(const char *text)
{
	return *text ? text : NULL;
}

/* An endpoint that is asked in clear text at first, to speak TLS then, does. */
static const char *tls_words(const struct tally *t)
{
	return t->encrypted ? "yes" : t->clear ? "no" : "?";
}

static json_t *is_tls(const struct tally *t)
{
	return t->encrypted || t->clear ? json_boolean(t->encrypted > 0) : json_null();
}

static json_t *json(struct view *v)
{
	const struct endpoints *e = (struct endpoints *)v;
	json_t *array = json_array();
	size_t count;
	enum group_key order = (enum group_key)e->options->sort;
	struct group **groups = groups_sorted(e->rows, order, &count);

	for (size_t i = 0; i < count && (!e->options->top || i < e->options->top); i++) {
		struct endpoint *p = (struct endpoint *)groups[i];
		json_t *o = json_object();
		json_object_set_new(o, "role", json_text(role_name(p->role)));
		json_object_set_new(o, "transport", json_text(transport_name(p->transport)));
		json_object_set_new(o, "address", json_text(p->address));
		json_object_set_new(o, "host", json_text(or_unknown(p->host)));
		json_object_set_new(o, "protocol", json_text(or_unknown(p->protocol)));
		json_object_set_new(o, "name", json_text(or_unknown(p->name)));
		json_object_set_new(o, "tls", is_tls(&p->group.tally));
		tally_json(&p->group.tally, o);
		json_array_append_new(array, o);
	}
	free(groups);
	return array;
}

enum { COLUMN_ENDPOINT, COLUMN_ADDRESS, COLUMN_ROLE, COLUMN_TLS, OWN_COLUMNS };
static const struct table_column own_columns[OWN_COLUMNS] = {
	[COLUMN_ENDPOINT] = { .title = "ENDPOINT", .shrink_to = 16, .cut = TEXT_CUT_MIDDLE },
	[COLUMN_ADDRESS] = { .title = "ADDRESS", .rank = 6 },
	[COLUMN_ROLE] = { .title = "ROLE", .rank = 7 },
	[COLUMN_TLS] = { .title = "TLS", .rank = 6 },
};

/* "example.org:80 http GET /x": what is known of it, and the address that the name stands for. */
static void add_cells(struct table *table, const struct scope *scope, const struct group *g)
{
	const struct endpoint *p = (const struct endpoint *)g;
	const char *port = *p->host ? strrchr(p->address, ':') : NULL;
	char raw[ADDRESS_TEXT_BYTES + 1024], clean[2 * sizeof(raw)];

	snprintf(raw, sizeof(raw), "%s%s%s%s%s%s", *p->host ? p->host : p->address, port ? port : "",
		 *p->protocol ? " " : "", p->protocol, *p->name ? " " : "", p->name);
	table_add(table, STYLE_NAME, text_clean(raw, scope->out.utf8, clean, sizeof(clean)));
	table_add(table, STYLE_DIM, text_clean(*p->host ? p->address : "", scope->out.utf8, clean,
					       sizeof(clean)));
	table_add(table, STYLE_DIM, role_name(p->role) ? role_name(p->role) : "?");
	table_add(table, STYLE_DIM, tls_words(&g->tally));
}

static void print(struct view *v, const struct out *o)
{
	const struct endpoints *e = (struct endpoints *)v;
	struct table_column columns[OWN_COLUMNS];
	const struct group_table table = {
		.rows = "endpoints",
		.own_columns = columns,
		.own_count = OWN_COLUMNS,
		.add_cells = add_cells,
	};
	size_t count;
	enum group_key order = (enum group_key)e->options->sort;
	struct group **groups = groups_sorted(e->rows, order, &count);
	bool any_host = false, any_tls = false;

	for (size_t i = 0; i < count; i++) {
		any_host |= *((const struct endpoint *)groups[i])->host != '\0';
		any_tls |= groups[i]->tally.encrypted > 0;
	}
	memcpy(columns, own_columns, sizeof(columns));
	columns[COLUMN_ADDRESS].hidden = !any_host;
	columns[COLUMN_TLS].hidden = !any_tls;
	groups_print(&table, v->scope, groups, count, e->options->top);
	free(groups);
}

const struct view_ops endpoints_view = {
	.name = "endpoints",
	.create = create,
	.free = destroy,
	.trip = trip,
	.print = print,
	.json = json,
};
