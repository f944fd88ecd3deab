/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The format of callgrind: for each function and line what it asked itself, and what
 * the functions asked that it called there.  Read by callgrind_annotate, KCachegrind
 * and speedscope; see https://valgrind.org/docs/manual/cl-format.html.
 */
#include "analyzer/export/export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/recursion.h"
#include "analyzer/util/hash.h"

/* The columns: what the weight is comes first, as viewers sort by that. */
enum { TIME, TRIPS, BYTES, FAILED, SENT, RECEIVED, COST_COUNT };
static const char *const cost_names[COST_COUNT] = {
	[TIME] = "Nanoseconds", [TRIPS] = "RoundTrips", [BYTES] = "Bytes",
	[FAILED] = "Failed",    [SENT] = "BytesSent",   [RECEIVED] = "BytesReceived",
};

/* The format's way to say a name once: "(3) name", and "(3)" from then on. */
struct text {
	const char *text;
	size_t number;
	bool told;
	UT_hash_handle hh;
};

/* Where in a function's code, and whom it called there: nobody if it asked itself. */
struct cost_key {
	const struct function *callee;
	struct text *file;
	uint64_t line;
};

struct cost {
	struct cost_key key;
	struct figures figures;
	UT_hash_handle hh;
};

struct function {
	const struct frame *frame; /* the key: what stands for all of its frames */
	struct cost *costs;
	UT_hash_handle hh;
};

struct callgrind {
	FILE *file;
	const struct export_about *about;
	struct text *objects, *files, *names;
	struct function *functions;
	const struct frame **path; /* of the sample at hand */
	size_t room;
};

static void *begin(const struct export_about *about, FILE *file)
{
	struct callgrind *c = xcalloc(1, sizeof(*c));

	c->file = file;
	c->about = about;
	return c;
}

static struct text *text_of(struct text **texts, const char *text)
{
	struct text *t;

	if (!text)
		text = "???"; /* as callgrind has it */
	HASH_FIND_STR(*texts, text, t);
	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->text = text;
		t->number = HASH_COUNT(*texts) + 1;
		HASH_ADD_KEYPTR(hh, *texts, t->text, strlen(t->text), t);
	}
	return t;
}

static struct function *function_of(struct callgrind *c, const struct frame *frame)
{
	const struct frame *group = frame_group(frame, GROUP_FUNCTION);
	struct function *f;

	HASH_FIND_PTR(c->functions, &group, f);
	if (!f) {
		f = xcalloc(1, sizeof(*f));
		f->frame = group;
		HASH_ADD_PTR(c->functions, frame, f);
	}
	return f;
}

static void add_cost(struct callgrind *c, const struct frame *frame, const struct function *callee,
		     const struct figures *figures)
{
	struct function *f = function_of(c, frame);
	struct cost_key key = { callee, text_of(&c->files, frame->file), frame->line };
	struct cost *cost;

	HASH_FIND(hh, f->costs, &key, sizeof(key), cost);
	if (!cost) {
		cost = xcalloc(1, sizeof(*cost));
		cost->key = key;
		HASH_ADD(hh, f->costs, key, sizeof(cost->key), cost);
	}
	figures_add(&cost->figures, figures);
}

static void sample(void *state, const struct export_sample *s)
{
	struct callgrind *c = state;

	while (c->room < s->count)
		c->path = xgrow(c->path, c->room, &c->room, sizeof(*c->path));
	memcpy(c->path, s->frames, s->count * sizeof(*c->path));
	/* The format counts a cost at every function above it: each may be there once only. */
	size_t count = recursion_fold(c->path, s->count, GROUP_FUNCTION);
	for (size_t i = 0; i < count; i++)
		add_cost(c, c->path[i], i + 1 < count ? function_of(c, c->path[i + 1]) : NULL,
			 &s->figures);
}

static void write_text(FILE *file, const char *key, struct text *t)
{
	if (t->told)
		fprintf(file, "%s=(%zu)\n", key, t->number);
	else
		fprintf(file, "%s=(%zu) %s\n", key, t->number, t->text);
	t->told = true;
}

static int first_column(const struct callgrind *c)
{
	static const int columns[] = {
		[WEIGHT_TIME] = TIME,
		[WEIGHT_TRIPS] = TRIPS,
		[WEIGHT_BYTES] = BYTES,
		[WEIGHT_ERRORS] = FAILED,
	};

	return columns[c->about->weight];
}

static void write_figures(const struct callgrind *c, const struct figures *f)
{
	const uint64_t values[COST_COUNT] = {
		[TIME] = f->time_ns,
		[TRIPS] = f->round_trips,
		[BYTES] = f->bytes_sent + f->bytes_received,
		[FAILED] = f->failed,
		[SENT] = f->bytes_sent,
		[RECEIVED] = f->bytes_received,
	};
	int first = first_column(c);

	fprintf(c->file, " %" PRIu64, values[first]);
	for (int i = 0; i < COST_COUNT; i++) {
		if (i != first)
			fprintf(c->file, " %" PRIu64, values[i]);
	}
	putc('\n', c->file);
}

static void write_cost(struct callgrind *c, const struct cost *cost)
{
	const struct function *callee = cost->key.callee;

	if (callee) {
		write_text(c->file, "cob", text_of(&c->objects, callee->frame->module));
		write_text(c->file, "cfi", text_of(&c->files, callee->frame->file));
		write_text(c->file, "cfn", text_of(&c->names, callee->frame->name));
		/* How often it was called nobody knows: its round trips stand for that. */
		fprintf(c->file, "calls=%" PRIu64 " 0\n", cost->figures.round_trips);
	}
	fprintf(c->file, "%" PRIu64, cost->key.line);
	write_figures(c, &cost->figures);
}

static void write_function(struct callgrind *c, const struct function *f)
{
	struct text *file = text_of(&c->files, f->frame->file);

	putc('\n', c->file);
	write_text(c->file, "ob", text_of(&c->objects, f->frame->module));
	write_text(c->file, "fl", file);
	write_text(c->file, "fn", text_of(&c->names, f->frame->name));
	for (const struct cost *cost = f->costs; cost; cost = cost->hh.next) {
		if (cost->key.file != file)
			write_text(c->file, "fi", cost->key.file);
		file = cost->key.file;
		write_cost(c, cost);
	}
}

static void write_header(const struct callgrind *c)
{
	int first = first_column(c);

	fprintf(c->file,
		"# callgrind format\nversion: 1\ncreator: traceroundtrip " TRACEROUNDTRIP_VERSION
		"\ncmd: %s\npositions: line\nevents: %s",
		c->about->command, cost_names[first]);
	for (int i = 0; i < COST_COUNT; i++) {
		if (i != first)
			fprintf(c->file, " %s", cost_names[i]);
	}
	fputs("\nsummary:", c->file);
	write_figures(c, &c->about->total);
}

static void free_texts(struct text **texts)
{
	struct text *t, *next;

	HASH_ITER(hh, *texts, t, next)
	{
		HASH_DEL(*texts, t);
		free(t);
	}
}

static void free_functions(struct callgrind *c)
{
	struct function *f, *next;
	struct cost *cost, *next_cost;

	HASH_ITER(hh, c->functions, f, next)
	{
		HASH_ITER(hh, f->costs, cost, next_cost)
		{
			HASH_DEL(f->costs, cost);
			free(cost);
		}
		HASH_DEL(c->functions, f);
		free(f);
	}
}

static bool end(void *state)
{
	struct callgrind *c = state;

	write_header(c);
	for (const struct function *f = c->functions; f; f = f->hh.next)
		write_function(c, f);
	fputs("\ntotals:", c->file);
	write_figures(c, &c->about->total);
	free_functions(c);
	free_texts(&c->objects);
	free_texts(&c->files);
	free_texts(&c->names);
	free(c->path);
	free(c);
	return true;
}

const struct exporter callgrind_exporter = {
	.with_lines = true,
	.begin = begin,
	.sample = sample,
	.end = end,
};
