/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tables of endpoints, connections and threads have in common. */
#include "analyzer/reports/groups.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/util/alloc.h"
#include "analyzer/util/units.h"

struct group *groups_find(struct group **all, const void *of, size_t bytes)
{
	struct group *g;

	HASH_FIND_PTR(*all, &of, g);
	if (!g) {
		g = xcalloc(1, bytes);
		g->of = of;
		HASH_ADD_PTR(*all, of, g);
	}
	return g;
}

void groups_free(struct group **all)
{
	struct group *g, *next;

	HASH_ITER(hh, *all, g, next)
	{
		HASH_DEL(*all, g);
		tally_clear(&g->tally);
		free(g);
	}
}

/* The ranks: the higher, the sooner a narrow table goes without. */
enum {
	COLUMN_TRIPS, COLUMN_FAILED, COLUMN_PENDING,
	COLUMN_SENT, COLUMN_RECEIVED, COLUMN_WIRE_SENT, COLUMN_WIRE_RECEIVED
};
static const struct table_column group_columns[] = {
	{ .title = "TRIPS", .align = TABLE_RIGHT },
	[COLUMN_FAILED] = { .title = "FAILED", .align = TABLE_RIGHT, .rank = 2 },
	[COLUMN_PENDING] = { .title = "PENDING", .align = TABLE_RIGHT, .rank = 3 },
	[COLUMN_SENT] = { .title = "SENT", .align = TABLE_RIGHT, .rank = 9 },
	[COLUMN_RECEIVED] = { .title = "RECEIVED", .align = TABLE_RIGHT, .rank = 8 },
	/* the same with TLS, encrypted */
	[COLUMN_WIRE_SENT] = { .title = "WIRE SENT", .align = TABLE_RIGHT, .rank = 14 },
	[COLUMN_WIRE_RECEIVED] = { .title = "WIRE RECEIVED", .align = TABLE_RIGHT, .rank = 13 },
	{ .title = "TOTAL", .align = TABLE_RIGHT },
	{ .title = "", .bar = 10, .rank = 5 },
	{ .title = "MEAN", .align = TABLE_RIGHT, .rank = 1 },
	{ .title = "STDEV", .align = TABLE_RIGHT, .rank = 10 },
	{ .title = "MIN", .align = TABLE_RIGHT, .rank = 11 },
	{ .title = "P50", .align = TABLE_RIGHT, .rank = 6 },
	{ .title = "P95", .align = TABLE_RIGHT, .rank = 3 },
	{ .title = "P99", .align = TABLE_RIGHT, .rank = 7 },
	{ .title = "MAX", .align = TABLE_RIGHT, .rank = 4 },
};
#define GROUP_COLUMNS (sizeof(group_columns) / sizeof(group_columns[0]))

static void add_wire(struct table *t, const struct tally *c, uint64_t bytes)
{
	char text[UNIT_TEXT_BYTES];

	if (c->has_wire)
		table_add(t, STYLE_PLAIN, size_format(bytes, text));
	else
		table_add(t, STYLE_DIM, "-");
}

static void group_cells(struct table *t, struct group *g, uint64_t all_ns)
{
	struct tally *c = &g->tally;
	struct latency *l = c->latency ? c->latency : (c->latency = latency_new());
	uint64_t total_ns = latency_total_ns(l);
	bool any = latency_count(l) > 0;
	char text[UNIT_TEXT_BYTES];

	table_add(t, STYLE_BOLD, count_format(c->round_trips, text));
	table_add(t, c->failed ? STYLE_BAD : STYLE_DIM, count_format(c->failed, text));
	table_add(t, c->pending ? STYLE_PLAIN : STYLE_DIM, count_format(c->pending, text));
	table_add(t, STYLE_PLAIN, size_format(c->bytes_sent, text));
	table_add(t, STYLE_PLAIN, size_format(c->bytes_received, text));
	add_wire(t, c, c->wire_bytes_sent);
	add_wire(t, c, c->wire_bytes_received);
	table_add(t, STYLE_PLAIN, duration_format(total_ns, text));
	table_add_bar(t, all_ns ? (double)total_ns / (double)all_ns : 0);
	uint64_t figures[] = {
		any ? (uint64_t)latency_mean_ns(l) : UNKNOWN,
		any ? (uint64_t)latency_stdev_ns(l) : UNKNOWN,
		latency_min_ns(l),
		latency_quantile_ns(l, 0.50),
		latency_quantile_ns(l, 0.95),
		latency_quantile_ns(l, 0.99),
		latency_max_ns(l),
	};
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		table_add(t, any ? STYLE_PLAIN : STYLE_DIM, duration_format(figures[i], text));
}

const char *const group_keys[] = {
	"total", "trips", "failed", "pending", "sent", "received", "mean",
	"stdev", "min",   "p50",    "p95",     "p99",  "max",      NULL,
};

static double latency_figure(struct latency *l, enum group_key key)
{
	if (!l || !latency_count(l))
		return -1;
	switch (key) {
	case BY_MEAN:
		return latency_mean_ns(l);
	case BY_STDEV:
		return latency_stdev_ns(l);
	case BY_MIN:
		return (double)latency_min_ns(l);
	case BY_P50:
		return (double)latency_quantile_ns(l, 0.50);
	case BY_P95:
		return (double)latency_quantile_ns(l, 0.95);
	case BY_P99:
		return (double)latency_quantile_ns(l, 0.99);
	default:
		return (double)latency_max_ns(l);
	}
}

static double figure(struct tally *t, enum group_key key)
{
	switch (key) {
	case BY_TOTAL:
		return (double)tally_total_ns(t);
	case BY_TRIPS:
		return (double)t->round_trips;
	case BY_FAILED:
		return (double)t->failed;
	case BY_PENDING:
		return (double)t->pending;
	case BY_SENT:
		return (double)t->bytes_sent;
	case BY_RECEIVED:
		return (double)t->bytes_received;
	default:
		return latency_figure(t->latency, key);
	}
}

/* Sorted by figures taken once: a percentile is not free. */
struct sortable {
	double figure;
	struct group *group;
};

static int compare(const void *left, const void *right)
{
	const struct sortable *a = left, *b = right;

	if (a->figure != b->figure)
		return a->figure > b->figure ? -1 : 1;
	if (a->group->tally.round_trips != b->group->tally.round_trips)
		return a->group->tally.round_trips > b->group->tally.round_trips ? -1 : 1;
	return a->group->order < b->group->order ? -1 : a->group->order > b->group->order;
}

struct group **groups_sorted(struct group *all, enum group_key key, size_t *count)
{
	struct sortable *s = xcalloc(HASH_COUNT(all) + 1, sizeof(*s));
	struct group **groups = xcalloc(HASH_COUNT(all) + 1, sizeof(struct group *));

	*count = 0;
	for (struct group *g = all; g; g = g->hh.next)
		s[(*count)++] = (struct sortable){ figure(&g->tally, key), g };
	qsort(s, *count, sizeof(*s), compare);
	for (size_t i = 0; i < *count; i++)
		groups[i] = s[i].group;
	free(s);
	return groups;
}

/* Failures and unanswered round trips have a column only where there are any. */
static void choose_columns(const struct group_table *table, struct group **groups, size_t count,
			   struct table_column *columns)
{
	uint64_t failed = 0, pending = 0;
	bool any_wire = false;

	for (size_t i = 0; i < count; i++) {
		failed += groups[i]->tally.failed;
		pending += groups[i]->tally.pending;
		any_wire |= groups[i]->tally.has_wire;
	}
	memcpy(columns, table->own_columns, table->own_count * sizeof(*columns));
	columns += table->own_count;
	memcpy(columns, group_columns, sizeof(group_columns));
	columns[COLUMN_FAILED].hidden = !failed;
	columns[COLUMN_PENDING].hidden = !pending;
	columns[COLUMN_WIRE_SENT].hidden = !any_wire;
	columns[COLUMN_WIRE_RECEIVED].hidden = !any_wire;
}

void groups_print(const struct group_table *table, const struct scope *scope,
		  struct group **groups, size_t count, uint64_t top)
{
	struct table_column columns[GROUP_OWN_COLUMNS + GROUP_COLUMNS];
	const struct out *o = &scope->out;
	size_t shown = top && top < count ? top : count;
	uint64_t all_ns = 0;
	char number[UNIT_TEXT_BYTES];

	choose_columns(table, groups, count, columns);
	for (size_t i = 0; i < count; i++)
		all_ns += tally_total_ns(&groups[i]->tally);
	struct table *t = table_new(columns, table->own_count + GROUP_COLUMNS);
	for (size_t i = 0; i < shown; i++) {
		table->add_cells(t, scope, groups[i]);
		group_cells(t, groups[i], all_ns);
	}
	table_print(t, o, !scope->several);
	table_free(t);
	if (shown == count)
		return;
	out_styled(o, STYLE_DIM, "%s %.*s more%s%s", count_format(count - shown, number),
		   (int)strlen(table->rows) - (count - shown == 1), table->rows,
		   scope->several ? ": traceroundtrip " : "", scope->several ? table->rows : "");
	fputc('\n', o->file);
}
