/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adds up round trips by stack and feeds them to an exporter. */
#include "analyzer/export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/trip.h"
#include "analyzer/util/hash.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

/* A row for each format: its place, its name, what writes it. */
#define FORMATS(ROW) \
	ROW(FOLDED, "folded", folded_exporter) \
	ROW(SPEEDSCOPE, "speedscope", speedscope_exporter) \
	ROW(CALLGRIND, "callgrind", callgrind_exporter) \
	ROW(PPROF, "pprof", pprof_exporter)

#define PLACE(place, name, exporter) place,
enum { FORMATS(PLACE) FORMAT_COUNT };

#define NAME(place, name, exporter) [place] = name,
const char *const export_formats[] = { FORMATS(NAME)[FORMAT_COUNT] = NULL };

#define EXPORTER(place, name, exporter) [place] = &exporter,
static const struct exporter *const exporters[] = { FORMATS(EXPORTER) };

/* A frame that is no function's: a program, a peer, what was asked.  One for each text. */
struct label {
	struct frame frame; /* its name is the key */
	UT_hash_handle hh;
};

struct peer_key {
	const struct connection *connection;
	uint64_t role;
};

/* Whom a connection joins, told once: its address is made text for each otherwise. */
struct peer {
	struct peer_key key;
	const struct label *label;
	UT_hash_handle hh;
};

struct stack_key {
	const struct process *process;
	uint64_t stack_id;
	const struct label *peer, *name; /* NULL: not wanted, or not known */
};

/* Round trips with one stack as it was recorded. */
struct recorded {
	struct stack_key key;
	struct figures figures;
	UT_hash_handle hh;
};

/* Round trips whose stacks look the same. */
struct row {
	const struct frame **frames; /* the key: the program's label, then the frames */
	size_t count;
	const char *peer;
	struct figures figures;
	UT_hash_handle hh;
};

struct export {
	struct view view;
	const struct export_options *options;
	const struct exporter *exporter;
	struct label *labels;
	struct peer *peers;
	struct recorded *recorded, *last; /* requests come in runs */
	struct row *rows;
	struct figures total;
	uint64_t without_time;
};

bool export_is_binary(int format)
{
	return exporters[format]->is_binary;
}

static struct view *create(struct scope *scope, const void *options)
{
	struct export *e = xcalloc(1, sizeof(*e));

	e->view = (struct view){ &export_view, scope };
	e->options = options;
	e->exporter = exporters[e->options->format];
	return &e->view;
}

static void destroy(struct view *v)
{
	struct export *e = (struct export *)v;
	struct label *l, *next_label;
	struct peer *p, *next_peer;
	struct recorded *r, *next_recorded;
	struct row *row, *next_row;

	HASH_ITER(hh, e->rows, row, next_row)
	{
		HASH_DEL(e->rows, row);
		free(row->frames);
		free(row);
	}
	HASH_ITER(hh, e->recorded, r, next_recorded)
	{
		HASH_DEL(e->recorded, r);
		free(r);
	}
	HASH_ITER(hh, e->peers, p, next_peer)
	{
		HASH_DEL(e->peers, p);
		free(p);
	}
	HASH_ITER(hh, e->labels, l, next_label)
	{
		HASH_DEL(e->labels, l);
		free((char *)l->frame.name);
		free(l);
	}
	free(e);
}

/* text: clean */
static const struct label *label_of(struct export *e, const char *text)
{
	struct label *l;

	HASH_FIND_STR(e->labels, text, l);
	if (!l) {
		l = xcalloc(1, sizeof(*l));
		l->frame.name = xstrdup(text);
		HASH_ADD_KEYPTR(hh, e->labels, l->frame.name, strlen(l->frame.name), l);
	}
	return l;
}

static const struct label *peer_of(struct export *e, const struct round_trip *t)
{
	struct peer_key key = { t->connection, t->role };
	char raw[TRIP_TEXT_BYTES], clean[4 * TRIP_TEXT_BYTES];
	struct peer *p;

	HASH_FIND(hh, e->peers, &key, sizeof(key), p);
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->key = key;
		if (t->role == ROLE_SERVER)
			text_clean(endpoint_label(t->connection, t->role, raw, sizeof(raw)), true,
				   clean, sizeof(clean));
		else
			connection_label(t->connection, true, clean, sizeof(clean));
		p->label = label_of(e, clean);
		HASH_ADD(hh, e->peers, key, sizeof(p->key), p);
	}
	return p->label;
}

static struct recorded *recorded_of(struct export *e, const struct stack_key *key)
{
	struct recorded *r = e->last;

	if (r && memcmp(&r->key, key, sizeof(*key)) == 0)
		return r;
	HASH_FIND(hh, e->recorded, key, sizeof(*key), r);
	if (!r) {
		r = xcalloc(1, sizeof(*r));
		r->key = *key;
		HASH_ADD(hh, e->recorded, key, sizeof(r->key), r);
	}
	e->last = r;
	return r;
}

static void trip(struct view *v, const struct round_trip *t)
{
	struct export *e = (struct export *)v;
	struct stack_key key = { .process = t->process, .stack_id = t->stack_id };
	struct figures figures = {
		.round_trips = 1,
		.failed = round_trip_failed(t),
		.time_ns = t->latency_ns == UNKNOWN ? 0 : t->latency_ns,
		.bytes_sent = t->bytes_sent,
		.bytes_received = t->bytes_received,
	};
	char name[4 * TRIP_TEXT_BYTES];

	if (e->options->with_peer) {
		key.peer = peer_of(e, t);
		key.name = trip_name(t, true, name, sizeof(name)) ? label_of(e, name) : NULL;
	}
	figures_add(&recorded_of(e, &key)->figures, &figures);
	figures_add(&e->total, &figures);
	e->without_time += t->latency_ns == UNKNOWN;
}

static enum frame_grouping grouping_of(const struct export *e)
{
	if (e->options->group >= 0)
		return (enum frame_grouping)e->options->group;
	return e->exporter->with_lines ? GROUP_LINE : GROUP_FUNCTION;
}

/*
 * The frames of a recorded stack as they are exported, the program's label before them;
 * the caller frees the array.
 */
static const struct frame **frames_of(struct export *e, const struct recorded *r, size_t *count)
{
	struct symbols *symbols = e->view.scope->symbols;
	size_t depth;
	const struct frame *const *stack =
		symbols_stack(symbols, r->key.process, (uint32_t)r->key.stack_id, &depth);
	size_t outer = frames_outer(stack, depth), n = 0;
	enum frame_grouping grouping = grouping_of(e);
	const struct frame **frames = xcalloc(depth - outer + 4, sizeof(*frames));
	char program[1024];

	text_clean(r->key.process->name, true, program, sizeof(program));
	frames[n++] = &label_of(e, program)->frame;
	for (size_t i = outer; i < depth; i++) {
		frames[n] = frame_group(stack[i], grouping);
		/* A module that calls itself is one frame; a function that does is not. */
		n += grouping != GROUP_MODULE || frames[n] != frames[n - 1];
	}
	if (depth == outer)
		frames[n++] = &label_of(e, "(stack not known)")->frame;
	if (r->key.peer)
		frames[n++] = &r->key.peer->frame;
	if (r->key.name)
		frames[n++] = &r->key.name->frame;
	*count = n;
	return frames;
}

static void add_row(struct export *e, const struct recorded *r)
{
	size_t count;
	const struct frame **frames = frames_of(e, r, &count);
	size_t bytes = count * sizeof(*frames);
	struct row *row;

	HASH_FIND(hh, e->rows, frames, bytes, row);
	if (row) {
		free(frames);
	} else {
		row = xcalloc(1, sizeof(*row));
		row->frames = frames;
		row->count = count;
		row->peer = r->key.peer ? r->key.peer->frame.name : NULL;
		HASH_ADD_KEYPTR(hh, e->rows, row->frames, bytes, row);
	}
	figures_add(&row->figures, &r->figures);
}

/* By program, and heaviest first: a reader of the text sees the most important stack first. */
static enum weight row_weight;

static int compare_rows(const struct row *a, const struct row *b)
{
	uint64_t left = figures_weigh(&a->figures, row_weight);
	uint64_t right = figures_weigh(&b->figures, row_weight);

	if (a->frames[0] != b->frames[0])
		return strcmp(a->frames[0]->name, b->frames[0]->name);
	return left > right ? -1 : left < right;
}

/* All at once: modules are read one after the other. */
static void name_stacks(const struct export *e)
{
	struct stack_reference *stacks = xcalloc(HASH_COUNT(e->recorded) + 1, sizeof(*stacks));
	size_t count = 0;

	for (const struct recorded *r = e->recorded; r; r = r->hh.next)
		stacks[count++] =
			(struct stack_reference){ r->key.process, (uint32_t)r->key.stack_id };
	symbols_prepare(e->view.scope->symbols, stacks, count);
	free(stacks);
}

static void finish(struct view *v)
{
	struct export *e = (struct export *)v;

	name_stacks(e);
	for (const struct recorded *r = e->recorded; r; r = r->hh.next)
		add_row(e, r);
	row_weight = (enum weight)e->options->weight;
	HASH_SORT(e->rows, compare_rows);
}

static bool several_programs(const struct export *e)
{
	const struct frame *first = e->rows->frames[0];

	for (const struct row *row = e->rows; row; row = row->hh.next) {
		if (row->frames[0] != first)
			return true;
	}
	return false;
}

static bool write_rows(const struct export *e, FILE *file)
{
	const struct scope *scope = e->view.scope;
	size_t count;
	const struct process *first = recording_processes(scope->recording, &count)[0];
	char raw[1024], command[4 * sizeof(raw)];
	struct export_about about = {
		.command = command,
		.started_realtime_ns = first->started_realtime_ns,
		.duration_ns = scope->ended_ns - scope->started_ns,
		.weight = (enum weight)e->options->weight,
		.total = e->total,
	};
	process_command(e->recorded->key.process, raw, sizeof(raw));
	text_clean(raw, true, command, sizeof(command));
	void *state = e->exporter->begin(&about, file);
	size_t skip = e->exporter->with_program || !several_programs(e);

	for (const struct row *row = e->rows; row; row = row->hh.next) {
		struct export_sample s = {
			.program = row->frames[0]->name,
			.frames = row->frames + skip,
			.count = row->count - skip,
			.peer = row->peer,
			.figures = row->figures,
		};
		e->exporter->sample(state, &s);
	}
	return e->exporter->end(state);
}

static void complain(struct export *e)
{
	char clean[1024];

	fprintf(stderr, "traceroundtrip export: cannot write %s: %s\n",
		text_clean(e->options->path ? e->options->path : "the output", false, clean,
			   sizeof(clean)),
		strerror(errno));
	e->view.scope->failed = true;
}

/* What the weight does not show. */
static void say_without_time(const struct export *e)
{
	char number[UNIT_TEXT_BYTES];

	if (!e->without_time || e->options->weight != WEIGHT_TIME)
		return;
	fprintf(stderr, "traceroundtrip export: %s round trip%s without an answer %s no time; %s\n",
		count_format(e->without_time, number), e->without_time == 1 ? "" : "s",
		e->without_time == 1 ? "has" : "have", "--weight trips counts all");
}

static void print(struct view *v, const struct out *o)
{
	struct export *e = (struct export *)v;
	FILE *file = e->options->path ? fopen(e->options->path, "we") : stdout;

	if (!file) {
		complain(e);
		return;
	}
	bool written = write_rows(e, file);
	/* Of standard output the command says so itself. */
	if (file != stdout) {
		written = written && fflush(file) == 0 && !ferror(file);
		written = fclose(file) == 0 && written;
	}
	if (!written)
		complain(e);
	else
		say_without_time(e);
}

const struct view_ops export_view = {
	.name = "export",
	.writes_file = true,
	.create = create,
	.free = destroy,
	.trip = trip,
	.finish = finish,
	.print = print,
};
