/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source files with the round trips of each line in the margin. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/profile.h"
#include "analyzer/reports/source.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/hash.h"
#include "analyzer/util/json.h"
#include "analyzer/util/table.h"
#include "analyzer/util/text.h"

/* What goes through some code: as in spots.h, by line whatever the function. */
struct counted {
	struct figures self, all;
	const struct profile_stack *last; /* that was added: a stack counts once */
};

struct line {
	uint64_t number; /* 0: of round trips whose line is not known */
	const char *function; /* NULL: of several */
	struct counted counted;
	UT_hash_handle hh;
};

struct file {
	const char *path; /* the key */
	struct counted counted;
	struct line *lines; /* uthash: by number, sorted in the end */
	struct source *source;
	UT_hash_handle hh;
};

struct annotate {
	struct view view;
	const struct annotate_options *options;
	struct file *files;
	struct figures total;
	bool any_lines; /* some frame has one, wanted or not */
};

static struct view *create(struct scope *scope, const void *options)
{
	struct annotate *a = xcalloc(1, sizeof(*a));

	a->view = (struct view){ &annotate_view, scope };
	a->options = options;
	return &a->view;
}

static void free_file(struct file *f)
{
	struct line *line, *next;

	HASH_ITER(hh, f->lines, line, next)
	{
		HASH_DEL(f->lines, line);
		free(line);
	}
	source_free(f->source);
	free(f);
}

static void destroy(struct view *v)
{
	struct annotate *a = (struct annotate *)v;
	struct file *f, *next;

	HASH_ITER(hh, a->files, f, next)
	{
		HASH_DEL(a->files, f);
		free_file(f);
	}
	free(a);
}

/* "app.c" and "src/app.c" name "/home/me/src/app.c". */
static bool names_file(const char *wanted, const char *path)
{
	size_t length = strlen(path), end = strlen(wanted);

	if (end > length || strcmp(path + length - end, wanted) != 0)
		return false;
	return end == length || wanted[0] == '/' || path[length - end - 1] == '/';
}

/* Literally too: names of C++ have characters that mean something in globs. */
static bool names_function(const char *wanted, const struct frame *f)
{
	return f->function &&
	       (strcmp(wanted, f->function) == 0 || fnmatch(wanted, f->function, 0) == 0);
}

static struct file *file_of(struct annotate *a, const char *path)
{
	struct file *f;

	HASH_FIND_STR(a->files, path, f);
	if (!f) {
		f = xcalloc(1, sizeof(*f));
		f->path = path;
		HASH_ADD_KEYPTR(hh, a->files, f->path, strlen(f->path), f);
	}
	return f;
}

static struct line *line_of(struct file *f, const struct frame *frame)
{
	uint64_t number = frame->line;
	struct line *line;

	HASH_FIND(hh, f->lines, &number, sizeof(number), line);
	if (!line) {
		line = xcalloc(1, sizeof(*line));
		line->number = number;
		line->function = frame->name;
		HASH_ADD(hh, f->lines, number, sizeof(line->number), line);
	}
	if (line->function && strcmp(line->function, frame->name) != 0)
		line->function = NULL;
	return line;
}

static void count(struct counted *c, const struct profile_stack *s, bool innermost)
{
	struct figures figures = profile_figures(s);

	if (innermost)
		figures_add(&c->self, &figures);
	if (c->last == s)
		return;
	c->last = s;
	figures_add(&c->all, &figures);
}

static void add_stack(struct annotate *a, const struct profile_stack *s, bool by_file)
{
	struct figures figures = profile_figures(s);

	for (size_t i = 0; i < s->count; i++) {
		const struct frame *frame = s->frames[i];
		const char *wanted = a->options->wanted;
		bool innermost = i + 1 == s->count;

		if (!frame->file)
			continue;
		a->any_lines |= frame->line > 0;
		if (by_file ? !names_file(wanted, frame->file) : !names_function(wanted, frame))
			continue;
		struct file *f = file_of(a, frame->file);
		count(&f->counted, s, innermost);
		count(&line_of(f, frame)->counted, s, innermost);
	}
	figures_add(&a->total, &figures);
}

static int compare_lines(const struct line *a, const struct line *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

/* HASH_SORT() hands no argument on: what counts is this file's while it sorts. */
static enum weight sort_weight;

static int compare_files(const struct file *a, const struct file *b)
{
	uint64_t left = figures_weigh(&a->counted.all, sort_weight);
	uint64_t right = figures_weigh(&b->counted.all, sort_weight);

	if (left != right)
		return left < right ? 1 : -1;
	return strcmp(a->path, b->path);
}

/* What is no file's name is a function's. */
static void finish(struct view *v)
{
	struct annotate *a = (struct annotate *)v;
	size_t stack_count;
	struct profile_stack **stacks = profile_stacks(v->scope->profile, &stack_count);

	for (int by_file = 1; by_file >= 0 && !a->files; by_file--) {
		a->total = (struct figures){ 0 };
		for (size_t i = 0; i < stack_count; i++)
			add_stack(a, stacks[i], by_file);
	}
	sort_weight = (enum weight)a->options->by;
	HASH_SORT(a->files, compare_files);
	for (struct file *f = a->files; f; f = f->hh.next) {
		HASH_SORT(f->lines, compare_lines);
		f->source = source_read(f->path, &a->options->source_dirs);
	}
}

static bool empty(const struct view *v, char *reason)
{
	const struct annotate *a = (const struct annotate *)v;
	char name[256];

	text_clean(a->options->wanted, v->scope->out.utf8, name, sizeof(name));
	if (a->any_lines)
		snprintf(reason, EMPTY_TEXT_BYTES,
			 "no file or function '%s' made a round trip; "
			 "`traceroundtrip hotspots --group line` lists those that did", name);
	else
		snprintf(reason, EMPTY_TEXT_BYTES,
			 "no source lines are known; `traceroundtrip info` says what is missing");
	return !a->files;
}

/* Whether the file was written after the recording began. */
static bool source_changed(const struct annotate *a, const struct source *s)
{
	size_t process_count;
	struct process **processes =
		recording_processes(a->view.scope->recording, &process_count);

	return s && s->changed_ns > processes[0]->started_realtime_ns;
}

static void counted_json(json_t *o, const struct counted *c)
{
	json_object_set_new(o, "self_round_trips", json_known(c->self.round_trips));
	json_object_set_new(o, "self_failed", json_known(c->self.failed));
	json_object_set_new(o, "self_ns", json_known(c->self.time_ns));
	json_object_set_new(o, "self_bytes_sent", json_known(c->self.bytes_sent));
	json_object_set_new(o, "self_bytes_received", json_known(c->self.bytes_received));
	json_object_set_new(o, "round_trips", json_known(c->all.round_trips));
	json_object_set_new(o, "failed", json_known(c->all.failed));
	json_object_set_new(o, "total_ns", json_known(c->all.time_ns));
	json_object_set_new(o, "bytes_sent", json_known(c->all.bytes_sent));
	json_object_set_new(o, "bytes_received", json_known(c->all.bytes_received));
}

static json_t *file_json(const struct annotate *a, const struct file *f)
{
	json_t *o = json_object(), *lines = json_array();

	json_object_set_new(o, "file", json_text(f->path));
	json_object_set_new(o, "source", json_text(f->source ? f->source->path : NULL));
	json_object_set_new(o, "changed",
			    f->source ? json_boolean(source_changed(a, f->source)) : json_null());
	counted_json(o, &f->counted);
	for (const struct line *line = f->lines; line; line = line->hh.next) {
		json_t *l = json_object();
		json_object_set_new(l, "line", json_known(line->number ? line->number : UNKNOWN));
		json_object_set_new(l, "function", json_text(line->function));
		json_object_set_new(l, "text", json_text(source_line(f->source, line->number)));
		counted_json(l, &line->counted);
		json_array_append_new(lines, l);
	}
	json_object_set_new(o, "lines", lines);
	return o;
}

static json_t *json(struct view *v)
{
	const struct annotate *a = (struct annotate *)v;
	json_t *array = json_array();

	for (const struct file *f = a->files; f; f = f->hh.next)
		json_array_append_new(array, file_json(a, f));
	return array;
}

enum { COLUMN_TRIPS, COLUMN_FIGURE, COLUMN_SELF };
static const struct table_column annotate_columns[] = {
	[COLUMN_TRIPS] = { .title = "TRIPS", .align = TABLE_RIGHT },
	[COLUMN_FIGURE] = { .align = TABLE_RIGHT },
	[COLUMN_SELF] = { .title = "SELF", .align = TABLE_RIGHT, .rank = 2 },
	{ .title = "SHARE", .align = TABLE_RIGHT },
	{ .title = "", .bar = 8, .rank = 1 },
	{ .title = "LINE", .align = TABLE_RIGHT },
	{ .title = "SOURCE", .shrink_to = 24, .cut = TEXT_CUT_END },
};
#define COLUMN_COUNT (sizeof(annotate_columns) / sizeof(annotate_columns[0]))

static void add_source(struct table *t, const struct annotate *a, const struct file *f,
		       uint64_t number, enum style style)
{
	const char *text = source_line(f->source, number);
	char digits[UNIT_TEXT_BYTES], clean[8192];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	table_add(t, style, number ? digits : "?");
	table_add(t, style,
		  text_clean(text ? text : "", a->view.scope->out.utf8, clean, sizeof(clean)));
}

/* A line that nothing went through; number 0: some are left out here. */
static void add_quiet_line(struct table *t, const struct annotate *a, const struct file *f,
			   uint64_t number)
{
	for (int i = COLUMN_TRIPS; i <= COLUMN_SELF + 1; i++)
		table_add(t, STYLE_PLAIN, "");
	table_add_bar(t, 0);
	if (number) {
		add_source(t, a, f, number, STYLE_DIM);
		return;
	}
	table_add(t, STYLE_DIM, out_pick(&a->view.scope->out, "⋮", "..."));
	table_add(t, STYLE_DIM, "");
}

static void add_line(struct table *t, const struct annotate *a, const struct file *f,
		     const struct line *line)
{
	enum weight by = (enum weight)a->options->by;
	const struct counted *c = &line->counted;
	double share = figures_share(&c->all, &a->total, by);
	char text[UNIT_TEXT_BYTES];

	table_add(t, STYLE_PLAIN, count_format(c->all.round_trips, text));
	table_add(t, STYLE_PLAIN, figures_format(&c->all, by, text));
	table_add(t, STYLE_PLAIN, c->self.round_trips ? figures_format(&c->self, by, text) : "-");
	table_add(t, out_heat(share), percent_format(share, 1, text));
	table_add_bar(t, share);
	add_source(t, a, f, line->number, STYLE_BOLD);
}

/* The lines between two that count, as far as they are wanted; 0: before the first one. */
static void add_between(struct table *t, const struct annotate *a, const struct file *f,
			uint64_t from, uint64_t to)
{
	uint64_t before = a->options->context;
	uint64_t after = from ? before : 0; /* of the line at from */
	bool skipped = false;

	if (!f->source)
		return;
	for (uint64_t number = from + 1; number < to && number <= f->source->count; number++) {
		if (a->options->whole || number - from <= after || to - number <= before) {
			add_quiet_line(t, a, f, number);
			skipped = false;
		} else if (!skipped && from && to <= f->source->count) {
			add_quiet_line(t, a, f, 0);
			skipped = true;
		}
	}
}

static void add_lines(struct table *t, const struct annotate *a, const struct file *f)
{
	uint64_t last = 0;

	for (const struct line *line = f->lines; line; line = line->hh.next) {
		add_between(t, a, f, last, line->number);
		add_line(t, a, f, line);
		last = line->number;
	}
	add_between(t, a, f, last, UINT64_MAX);
}

static void print_head(const struct annotate *a, const struct file *f, const struct out *o)
{
	const struct figures *all = &f->counted.all;
	enum weight by = (enum weight)a->options->by;
	char path[4096], trips[UNIT_TEXT_BYTES], time[UNIT_TEXT_BYTES], share[UNIT_TEXT_BYTES];

	out_styled(o, STYLE_TITLE, "%s", text_clean(f->path, o->utf8, path, sizeof(path)));
	fprintf(o->file, ": %s round trips, %s, %s of all\n", count_format(all->round_trips, trips),
		duration_format(all->time_ns, time),
		percent_format(figures_share(all, &a->total, by), 1, share));
	if (!f->source)
		out_styled(o, STYLE_WARM, "the file is not there: --source-dir tells where else it is\n");
	else if (source_changed(a, f->source))
		out_styled(o, STYLE_WARM, "the file changed since recorded: lines may have moved\n");
}

static void print(struct view *v, const struct out *o)
{
	static const char *const titles[] = {
		[WEIGHT_TIME] = "TOTAL",
		[WEIGHT_TRIPS] = "TRIPS",
		[WEIGHT_BYTES] = "BYTES",
		[WEIGHT_ERRORS] = "FAILED",
	};
	const struct annotate *a = (struct annotate *)v;
	struct table_column columns[COLUMN_COUNT];

	memcpy(columns, annotate_columns, sizeof(columns));
	columns[COLUMN_FIGURE].title = titles[a->options->by];
	columns[COLUMN_TRIPS].hidden = a->options->by == WEIGHT_TRIPS;
	for (const struct file *f = a->files; f; f = f->hh.next) {
		struct table *t = table_new(columns, COLUMN_COUNT);
		if (f != a->files)
			fputc('\n', o->file);
		print_head(a, f, o);
		add_lines(t, a, f);
		table_print(t, o, false);
		table_free(t);
	}
}

const struct view_ops annotate_view = {
	.name = "annotate",
	.wants_profile = true,
	.create = create,
	.free = destroy,
	.finish = finish,
	.empty = empty,
	.print = print,
	.json = json,
};
