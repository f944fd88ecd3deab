/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The format of pprof: a gzipped protobuf message, see profile.proto.  Messages that
 * follow each other are read as one whose lists are joined: each sample goes out as
 * one of its own, and whatever it names goes out before.
 */
#include "analyzer/export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "analyzer/export/profile.pb-c.h"
#include "analyzer/util/hash.h"

enum { ROUND_TRIPS, TIME, BYTES, SENT, RECEIVED, FAILED, VALUE_COUNT };
static const struct {
	const char *type, *unit;
} value_types[VALUE_COUNT] = {
	[ROUND_TRIPS] = { "round_trips", "count" },
	[TIME] = { "time", "nanoseconds" },
	[BYTES] = { "bytes", "bytes" },
	[SENT] = { "bytes_sent", "bytes" },
	[RECEIVED] = { "bytes_received", "bytes" },
	[FAILED] = { "failed", "count" },
};

/* Texts are told once, too. */
struct text {
	char *text; /* the key */
	int64_t place;
	UT_hash_handle hh;
};

/* Something that has an id in the profile: a mapping, a function or a location. */
struct known_key {
	const void *what;
	int64_t file; /* of functions: the place of the file's name */
};

struct known {
	struct known_key key;
	uint64_t id;
	UT_hash_handle hh;
};

struct pprof {
	ProtobufCBuffer base; /* first: protobuf-c writes to it */
	gzFile file;
	int error; /* errno of the first write that failed */
	struct text *texts;
	struct known *mappings, *functions, *locations;
	uint64_t *ids; /* of the sample at hand */
	size_t room;
};

static void append(ProtobufCBuffer *base, size_t bytes, const uint8_t *data)
{
	struct pprof *p = (struct pprof *)base;

	/* protobuf-c's pieces are small: zlib counts up to INT_MAX. */
	if (!p->error && bytes && gzwrite(p->file, data, (unsigned)bytes) <= 0)
		p->error = errno ? errno : EIO;
}

static void write_profile(struct pprof *p, const Pprof__Profile *profile)
{
	pprof__profile__pack_to_buffer(profile, &p->base);
}

static int64_t place_of(struct pprof *p, const char *text)
{
	struct text *t;

	HASH_FIND_STR(p->texts, text, t);
	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->text = xstrdup(text);
		t->place = HASH_COUNT(p->texts);
		HASH_ADD_KEYPTR(hh, p->texts, t->text, strlen(t->text), t);
		Pprof__Profile profile = PPROF__PROFILE__INIT;
		profile.n_string_table = 1;
		profile.string_table = &t->text;
		write_profile(p, &profile);
	}
	return t->place;
}

/* Returns whether it is new; *id is set. */
static bool learn(struct known **all, const void *what, int64_t file, uint64_t *id)
{
	struct known_key key = { what, file };
	struct known *k;

	HASH_FIND(hh, *all, &key, sizeof(key), k);
	bool is_new = !k;
	if (is_new) {
		k = xcalloc(1, sizeof(*k));
		k->key = key;
		k->id = HASH_COUNT(*all) + 1;
		HASH_ADD(hh, *all, key, sizeof(k->key), k);
	}
	*id = k->id;
	return is_new;
}

static uint64_t mapping_of(struct pprof *p, const struct frame *frame)
{
	uint64_t id;

	if (!frame->module)
		return 0;
	if (learn(&p->mappings, frame_group(frame, GROUP_MODULE), 0, &id)) {
		Pprof__Profile profile = PPROF__PROFILE__INIT;
		Pprof__Mapping mapping = PPROF__MAPPING__INIT, *mappings = &mapping;
		mapping.id = id;
		mapping.filename = place_of(p, frame->module);
		/* So that pprof does not look for names itself. */
		mapping.has_functions = mapping.has_filenames = true;
		mapping.has_line_numbers = mapping.has_inline_frames = true;
		profile.n_mapping = 1;
		profile.mapping = &mappings;
		write_profile(p, &profile);
	}
	return id;
}

static uint64_t function_of(struct pprof *p, const struct frame *frame)
{
	int64_t file = place_of(p, frame->file ? frame->file : "");
	uint64_t id;

	if (learn(&p->functions, frame_group(frame, GROUP_FUNCTION), file, &id)) {
		Pprof__Profile profile = PPROF__PROFILE__INIT;
		Pprof__Function function = PPROF__FUNCTION__INIT, *functions = &function;
		function.id = id;
		function.name = place_of(p, frame->name);
		function.system_name = place_of(p, frame->raw_name ? frame->raw_name : frame->name);
		function.filename = file;
		profile.n_function = 1;
		profile.function = &functions;
		write_profile(p, &profile);
	}
	return id;
}

static uint64_t location_of(struct pprof *p, const struct frame *frame)
{
	uint64_t id;

	if (learn(&p->locations, frame, 0, &id)) {
		Pprof__Profile profile = PPROF__PROFILE__INIT;
		Pprof__Location location = PPROF__LOCATION__INIT, *locations = &location;
		Pprof__Line line = PPROF__LINE__INIT, *lines = &line;
		line.function_id = function_of(p, frame);
		line.line = frame->line;
		location.id = id;
		location.mapping_id = mapping_of(p, frame);
		location.n_line = 1;
		location.line = &lines;
		profile.n_location = 1;
		profile.location = &locations;
		write_profile(p, &profile);
	}
	return id;
}

static void write_header(struct pprof *p, const struct export_about *about)
{
	static const int weights[] = {
		[WEIGHT_TIME] = TIME,
		[WEIGHT_TRIPS] = ROUND_TRIPS,
		[WEIGHT_BYTES] = BYTES,
		[WEIGHT_ERRORS] = FAILED,
	};
	Pprof__Profile profile = PPROF__PROFILE__INIT;
	Pprof__ValueType types[VALUE_COUNT], *type_list[VALUE_COUNT];
	int64_t comments[2];

	place_of(p, ""); /* place 0 is that of the empty text, by the format's rules */
	for (int i = 0; i < VALUE_COUNT; i++) {
		type_list[i] = &types[i];
		pprof__value_type__init(&types[i]);
		types[i].type = place_of(p, value_types[i].type);
		types[i].unit = place_of(p, value_types[i].unit);
	}
	comments[0] = place_of(p, "traceroundtrip " TRACEROUNDTRIP_VERSION);
	comments[1] = place_of(p, about->command);
	profile.n_sample_type = VALUE_COUNT;
	profile.sample_type = type_list;
	profile.default_sample_type = types[weights[about->weight]].type;
	profile.time_nanos = (int64_t)about->started_realtime_ns;
	profile.duration_nanos = (int64_t)about->duration_ns;
	profile.n_comment = 2;
	profile.comment = comments;
	write_profile(p, &profile);
}

static void *begin(const struct export_about *about, FILE *file)
{
	struct pprof *p = xcalloc(1, sizeof(*p));
	int fd = dup(fileno(file)); /* that gzclose() will close */

	p->base.append = append;
	p->file = fd < 0 ? NULL : gzdopen(fd, "wb");
	if (!p->file) {
		p->error = errno ? errno : ENOMEM;
		if (fd >= 0)
			close(fd);
	}
	write_header(p, about);
	return p;
}

static void sample(void *state, const struct export_sample *s)
{
	struct pprof *p = state;
	const struct figures *f = &s->figures;
	int64_t values[VALUE_COUNT] = {
		[ROUND_TRIPS] = (int64_t)f->round_trips,
		[TIME] = (int64_t)f->time_ns,
		[BYTES] = (int64_t)(f->bytes_sent + f->bytes_received),
		[SENT] = (int64_t)f->bytes_sent,
		[RECEIVED] = (int64_t)f->bytes_received,
		[FAILED] = (int64_t)f->failed,
	};
	Pprof__Profile profile = PPROF__PROFILE__INIT;
	Pprof__Sample sample = PPROF__SAMPLE__INIT, *samples = &sample;
	Pprof__Label program = PPROF__LABEL__INIT, peer = PPROF__LABEL__INIT;
	Pprof__Label *labels[] = { &program, &peer };

	while (p->room < s->count)
		p->ids = xgrow(p->ids, p->room, &p->room, sizeof(*p->ids));
	for (size_t i = 0; i < s->count; i++)
		p->ids[i] = location_of(p, s->frames[s->count - 1 - i]);
	program.key = place_of(p, "program");
	program.str = place_of(p, s->program);
	if (s->peer) {
		peer.key = place_of(p, "peer");
		peer.str = place_of(p, s->peer);
	}
	sample.n_location_id = s->count;
	sample.location_id = p->ids;
	sample.n_value = VALUE_COUNT;
	sample.value = values;
	sample.n_label = s->peer ? 2 : 1;
	sample.label = labels;
	profile.n_sample = 1;
	profile.sample = &samples;
	write_profile(p, &profile);
}

static void free_known(struct known **all)
{
	struct known *k, *next;

	HASH_ITER(hh, *all, k, next)
	{
		HASH_DEL(*all, k);
		free(k);
	}
}

static bool end(void *state)
{
	struct pprof *p = state;
	struct text *t, *next;

	if (p->file && gzclose(p->file) != Z_OK && !p->error)
		p->error = errno ? errno : EIO;
	HASH_ITER(hh, p->texts, t, next)
	{
		HASH_DEL(p->texts, t);
		free(t->text);
		free(t);
	}
	free_known(&p->mappings);
	free_known(&p->functions);
	free_known(&p->locations);
	errno = p->error;
	free(p->ids);
	free(p);
	return errno == 0;
}

const struct exporter pprof_exporter = {
	.with_lines = true,
	.with_program = true,
	.is_binary = true,
	.begin = begin,
	.sample = sample,
	.end = end,
};
