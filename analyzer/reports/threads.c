/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every thread: its round trips, and how long it was blocked by the network. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/groups.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/json.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

struct row {
	struct group group;
	const struct thread *thread;
	uint64_t blocked_ns, calls; /* of the thread, round trips or not */
	uint64_t active_ns;         /* all that is known of its life: from its first call, and
				       the wait before it, to its last; UNKNOWN without any */
};

struct threads {
	struct view view;
	const struct table_options *options;
	struct group *rows;
};

static struct view *create(struct scope *scope, const void *options)
{
	struct threads *t = xcalloc(1, sizeof(*t));

	t->view = (struct view){ &threads_view, scope };
	t->options = options;
	return &t->view;
}

static void destroy(struct view *v)
{
	struct threads *t = (struct threads *)v;

	groups_free(&t->rows);
	free(t);
}

static struct row *find_row(struct threads *t, const struct thread *thread)
{
	struct row *row = (struct row *)groups_find(&t->rows, thread, sizeof(*row));

	row->thread = thread;
	row->group.order = thread->first_ns;
	return row;
}

static void trip(struct view *v, const struct round_trip *trip)
{
	struct threads *t = (struct threads *)v;

	if (!trip->thread)
		return;
	tally_add(&find_row(t, trip->thread)->group.tally, trip);
}

static void add_idle_threads(struct threads *t, const struct process *p)
{
	for (size_t i = 0; i < p->thread_count; i++) {
		if (filter_thread(t->view.scope->filter, p->threads[i]))
			find_row(t, p->threads[i]);
	}
}

static void finish(struct view *v)
{
	struct threads *t = (struct threads *)v;
	const struct filter *filter = v->scope->filter;
	/* Whole threads are looked at, not certain round trips of theirs. */
	bool whole = !filter_is_by_trip(filter) && !filter->peers.count;
	size_t count;
	struct process **processes = recording_processes(v->scope->recording, &count);

	for (size_t i = 0; i < count && whole; i++)
		add_idle_threads(t, processes[i]);
	for (struct group *g = t->rows; g; g = g->hh.next) {
		struct row *row = (struct row *)g;
		struct thread_stats stats = model_thread(v->scope->model, row->thread);
		row->blocked_ns = whole ? stats.blocked_ns : row->group.tally.blocked_ns;
		row->calls = whole ? stats.calls : row->group.tally.calls;
		row->active_ns = stats.first_ns == UNKNOWN ? UNKNOWN :
			row->thread->last_ns - stats.first_ns;
	}
}

static bool empty(const struct view *v, char *reason)
{
	const struct threads *t = (const struct threads *)v;

	snprintf(reason, EMPTY_TEXT_BYTES, "no thread%s",
		 filter_is_set(v->scope->filter) ? " passes the filter" : " used the network");
	return !t->rows;
}

static json_t *json(struct view *v)
{
	const struct threads *t = (struct threads *)v;
	json_t *array = json_array();
	size_t count;
	enum group_key key = (enum group_key)t->options->sort;
	struct group **groups = groups_sorted(t->rows, key, &count);

	for (size_t i = 0; i < count && (!t->options->top || i < t->options->top); i++) {
		struct row *row = (struct row *)groups[i];
		const struct thread *thread = row->thread;
		json_t *o = json_object();
		json_object_set_new(o, "pid", json_integer(thread->process->pid));
		json_object_set_new(o, "process", json_text(thread->process->name));
		json_object_set_new(o, "tid", json_integer(thread->tid));
		json_object_set_new(o, "name", json_text(thread->name[0] ? thread->name : NULL));
		json_object_set_new(o, "active_ns", json_known(row->active_ns));
		json_object_set_new(o, "calls", json_known(row->calls));
		json_object_set_new(o, "blocked_ns", json_known(row->blocked_ns));
		tally_json(&row->group.tally, o);
		json_array_append_new(array, o);
	}
	free(groups);
	return array;
}

static const struct table_column own_columns[] = {
	{ .title = "TID", .align = TABLE_RIGHT },
	{ .title = "PID", .align = TABLE_RIGHT, .rank = 13 },
	{ .title = "THREAD", .shrink_to = 10, .cut = TEXT_CUT_END },
	{ .title = "CALLS", .align = TABLE_RIGHT, .rank = 11 },
	{ .title = "BLOCKED", .align = TABLE_RIGHT },
	{ .title = "OF TIME", .align = TABLE_RIGHT, .rank = 2 },
};

static void add_cells(struct table *table, const struct scope *scope, const struct group *g)
{
	const struct row *row = (const struct row *)g;
	const struct thread *t = row->thread;
	uint64_t all_ns = row->active_ns;
	char text[UNIT_TEXT_BYTES], clean[256];
	double share = all_ns != UNKNOWN && all_ns ? (double)row->blocked_ns / (double)all_ns : 0;

	snprintf(text, sizeof(text), "%" PRId32, t->tid);
	table_add(table, STYLE_PLAIN, text);
	snprintf(text, sizeof(text), "%" PRId32, t->process->pid);
	table_add(table, STYLE_DIM, text);
	text_clean(t->name[0] ? t->name : t->process->name, scope->out.utf8, clean,
		   sizeof(clean));
	table_add(table, STYLE_NAME, clean);
	table_add(table, STYLE_PLAIN, count_format(row->calls, text));
	table_add(table, STYLE_PLAIN, duration_format(row->blocked_ns, text));
	table_add(table, out_heat(share),
		  percent_format((double)row->blocked_ns, all_ns == UNKNOWN ? 0 : (double)all_ns,
				 text));
}

static const struct group_table table = {
	.rows = "threads",
	.own_columns = own_columns,
	.own_count = sizeof(own_columns) / sizeof(own_columns[0]),
	.add_cells = add_cells,
};

static void print(struct view *v, const struct out *o)
{
	const struct threads *t = (struct threads *)v;
	size_t count;
	enum group_key key = (enum group_key)t->options->sort;
	struct group **groups = groups_sorted(t->rows, key, &count);

	groups_print(&table, v->scope, groups, count, t->options->top);
	free(groups);
}

const struct view_ops threads_view = {
	.name = "threads",
	.create = create,
	.free = destroy,
	.trip = trip,
	.finish = finish,
	.empty = empty,
	.print = print,
	.json = json,
};
