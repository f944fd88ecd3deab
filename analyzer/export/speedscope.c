/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * speedscope's own format, a "sampled" profile for each program; see
 * https://www.speedscope.app/file-format-schema.json.
 */
#include "analyzer/export/export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/util/hash.h"
#include "analyzer/util/json.h"

/* Frames are told by their places in one list. */
struct known_frame {
	const struct frame *frame; /* the key */
	size_t place;
	UT_hash_handle hh;
};

struct speedscope {
	FILE *file;
	const struct export_about *about;
	const char *program;        /* whose profile is open; NULL: none */
	size_t profiles;
	struct known_frame *frames; /* uthash: in order of their places */
	uint64_t *weights;          /* of the open profile: written when its samples are */
	size_t count, room;
	uint64_t total;             /* of the weights */
};

static void write_value(FILE *file, json_t *value)
{
	json_dumpf(value, file, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(value);
}

static void *begin(const struct export_about *about, FILE *file)
{
	struct speedscope *s = xcalloc(1, sizeof(*s));

	s->file = file;
	s->about = about;
	fputs("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
	      "\"exporter\":\"traceroundtrip " TRACEROUNDTRIP_VERSION "\",\n\"name\":", file);
	write_value(file, json_text(about->command));
	fputs(",\n\"profiles\":[", file);
	return s;
}

static void write_weights(struct speedscope *s)
{
	fputs("],\n\"weights\":[", s->file);
	for (size_t i = 0; i < s->count; i++)
		fprintf(s->file, "%s%" PRIu64, i ? "," : "", s->weights[i]);
	fprintf(s->file, "],\n\"startValue\":0,\"endValue\":%" PRIu64 "}", s->total);
}

static void begin_profile(struct speedscope *s, const char *program)
{
	static const char *const units[] = {
		[WEIGHT_TIME] = "nanoseconds",
		[WEIGHT_TRIPS] = "none",
		[WEIGHT_BYTES] = "bytes",
		[WEIGHT_ERRORS] = "none",
	};

	if (s->program)
		write_weights(s);
	s->program = program;
	s->count = 0;
	s->total = 0;
	fprintf(s->file, "%s\n{\"type\":\"sampled\",\"unit\":\"%s\",\"name\":",
		s->profiles++ ? "," : "", units[s->about->weight]);
	write_value(s->file, json_text(program));
	fputs(",\n\"samples\":[", s->file);
}

static size_t place_of(struct speedscope *s, const struct frame *frame)
{
	struct known_frame *k;

	HASH_FIND_PTR(s->frames, &frame, k);
	if (!k) {
		k = xcalloc(1, sizeof(*k));
		k->frame = frame;
		k->place = HASH_COUNT(s->frames);
		HASH_ADD_PTR(s->frames, frame, k);
	}
	return k->place;
}

static void sample(void *state, const struct export_sample *sample)
{
	struct speedscope *s = state;
	uint64_t weight = figures_weigh(&sample->figures, s->about->weight);

	if (!s->program || strcmp(s->program, sample->program) != 0)
		begin_profile(s, sample->program);
	if (!weight)
		return;
	fputs(s->count ? ",\n[" : "\n[", s->file);
	for (size_t i = 0; i < sample->count; i++)
		fprintf(s->file, "%s%zu", i ? "," : "", place_of(s, sample->frames[i]));
	putc(']', s->file);
	s->weights = xgrow(s->weights, s->count, &s->room, sizeof(*s->weights));
	s->weights[s->count++] = weight;
	s->total += weight;
}

static json_t *frame_json(const struct frame *frame)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_text(frame->name));
	if (frame->file)
		json_object_set_new(o, "file", json_text(frame->file));
	if (frame->line)
		json_object_set_new(o, "line", json_known(frame->line));
	return o;
}

static bool end(void *state)
{
	struct speedscope *s = state;
	struct known_frame *k, *next;

	if (s->program)
		write_weights(s);
	fputs("],\n\"shared\":{\"frames\":[", s->file);
	HASH_ITER(hh, s->frames, k, next)
	{
		fputs(k->place ? ",\n" : "\n", s->file);
		write_value(s->file, frame_json(k->frame));
		HASH_DEL(s->frames, k);
		free(k);
	}
	fputs("]}}\n", s->file);
	free(s->weights);
	free(s);
	return true;
}

const struct exporter speedscope_exporter = {
	.with_program = true,
	.begin = begin,
	.sample = sample,
	.end = end,
};
