/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of a module's addresses as they were found before, in a file of its own. */
#include "analyzer/symbols/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/util/hash.h"
#include "analyzer/util/json.h"

#define FORMAT "traceroundtrip names"
#define VERSION 1
/* Larger files are not read: no program has that many call sites. */
#define FILE_BYTES_MAX (256 << 20)

struct site {
	uint64_t address; /* the key */
	bool lasting;
	size_t count;
	UT_hash_handle hh;
	struct place places[];
};

/* A text and its number in the file being written. */
struct text {
	char *text;
	int number;
	UT_hash_handle hh;
};

struct store {
	char *words, *file;
	struct site *sites;
	struct text *texts;
	bool changed;
};

bool store_path(const char *folder, const struct module *m, char *path, size_t size)
{
	char id[2 * UINT8_MAX + 32] = "";
	uint64_t hash = 14695981039346656037u; /* FNV-1a, of 64 bits */

	for (uint32_t i = 0; i < m->build_id_bytes && i < UINT8_MAX; i++)
		snprintf(id + 2 * i, 3, "%02x", m->build_id[i]);
	for (const char *c = m->path; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 1099511628211u;
	if (!m->build_id_bytes)
		snprintf(id, sizeof(id), "path-%016" PRIx64, hash);
	return (size_t)snprintf(path, size, "%s/%s.json", folder, id) < size;
}

struct store *store_new(void)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->words = xstrdup("");
	return s;
}

void store_free(struct store *s)
{
	struct site *site, *next_site;
	struct text *text, *next_text;

	if (!s)
		return;
	HASH_ITER(hh, s->sites, site, next_site)
	{
		HASH_DEL(s->sites, site);
		free(site);
	}
	HASH_ITER(hh, s->texts, text, next_text)
	{
		HASH_DEL(s->texts, text);
		free(text->text);
		free(text);
	}
	free(s->words);
	free(s->file);
	free(s);
}

const char *store_words(const struct store *s)
{
	return s->words;
}

const char *store_file(const struct store *s)
{
	return s->file;
}

void store_set_origin(struct store *s, const char *words, const char *file)
{
	char *new_words = xstrdup(words), *new_file = file ? xstrdup(file) : NULL;

	free(s->words);
	free(s->file);
	s->words = new_words;
	s->file = new_file;
}

bool store_find(const struct store *s, uint64_t address, struct places *places)
{
	struct site *site;

	HASH_FIND(hh, s->sites, &address, sizeof(address), site);
	if (!site)
		return false;
	for (size_t i = 0; i < site->count; i++)
		places_add(places, site->places[i]);
	return true;
}

static struct text *keep_text(struct store *s, const char *text)
{
	struct text *t;

	HASH_FIND_STR(s->texts, text, t);
	if (!t) {
		t = xcalloc(1, sizeof(*t));
		t->text = xstrdup(text);
		t->number = -1;
		HASH_ADD_KEYPTR(hh, s->texts, t->text, strlen(t->text), t);
	}
	return t;
}

void store_add(struct store *s, uint64_t address, const struct place *items, size_t count,
	       bool lasting)
{
	struct site *site, *old;

	HASH_FIND(hh, s->sites, &address, sizeof(address), old);
	if (old)
		return;
	site = xcalloc(1, sizeof(*site) + count * sizeof(site->places[0]));
	site->address = address;
	site->lasting = lasting;
	site->count = count;
	for (size_t i = 0; i < count; i++) {
		site->places[i] = items[i];
		if (items[i].function)
			site->places[i].function = keep_text(s, items[i].function)->text;
		if (items[i].file)
			site->places[i].file = keep_text(s, items[i].file)->text;
	}
	HASH_ADD(hh, s->sites, address, sizeof(site->address), site);
	s->changed = s->changed || lasting;
}

bool store_changed(const struct store *s)
{
	return s->changed;
}

/* The text with this number; NULL for -1. */
static const char *text_at(const json_t *texts, const json_t *number, bool *valid)
{
	json_int_t i = json_integer_value(number);
	const char *text = NULL;

	if (!json_is_integer(number))
		*valid = false;
	else if (i != -1)
		*valid = *valid && i >= 0 &&
			 (text = json_string_value(json_array_get(texts, (size_t)i)));
	return text;
}

static bool read_site(struct store *s, const json_t *row, const json_t *texts)
{
	size_t members = json_array_size(row);
	bool valid = members % 3 == 1 && json_is_integer(json_array_get(row, 0));
	struct places places = { 0 };

	for (size_t i = 1; valid && i < members; i += 3) {
		const json_t *line = json_array_get(row, i + 2);
		struct place place = {
			.function = text_at(texts, json_array_get(row, i), &valid),
			.file = text_at(texts, json_array_get(row, i + 1), &valid),
			.line = (uint32_t)json_integer_value(line),
			.inlined = i + 3 < members,
		};
		places_add(&places, place);
		valid = valid && json_is_integer(line) && json_integer_value(line) >= 0 &&
			json_integer_value(line) <= UINT32_MAX;
	}
	if (valid)
		store_add(s, (uint64_t)json_integer_value(json_array_get(row, 0)), places.items,
			  places.count, true);
	free(places.items);
	return valid;
}

static struct store *read_document(const json_t *document)
{
	const char *format = json_string_value(json_object_get(document, "format"));
	const char *words = json_string_value(json_object_get(document, "words"));
	const json_t *texts = json_object_get(document, "texts");
	const json_t *sites = json_object_get(document, "sites"), *row;
	struct store *s;
	size_t i;

	if (!format || strcmp(format, FORMAT) != 0 || !words || !json_is_array(sites) ||
	    json_integer_value(json_object_get(document, "version")) != VERSION)
		return NULL;
	s = store_new();
	store_set_origin(s, words, json_string_value(json_object_get(document, "file")));
	json_array_foreach(sites, i, row) {
		if (!read_site(s, row, texts)) {
			store_free(s);
			return NULL;
		}
	}
	s->changed = false;
	return s;
}

struct store *store_read(const char *path, bool *damaged)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	struct store *s = NULL;
	struct stat status;

	*damaged = false;
	if (!file) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_BYTES_MAX) {
		json_t *document = json_loadf(file, 0, NULL);
		s = read_document(document);
		json_decref(document);
	}
	fclose(file);
	*damaged = !s;
	return s;
}

/* The number of a text in the file; the first time it is asked for, the text gets one. */
static json_t *text_number(struct store *s, const char *text, json_t *texts)
{
	if (!text)
		return json_integer(-1);
	struct text *t = keep_text(s, text);
	if (t->number < 0) {
		t->number = (int)json_array_size(texts);
		json_array_append_new(texts, json_text(text));
	}
	return json_integer(t->number);
}

static json_t *make_document(struct store *s, bool all)
{
	json_t *texts = json_array(), *sites = json_array(), *document = json_object();

	for (struct text *t = s->texts; t; t = t->hh.next)
		t->number = -1;
	for (const struct site *site = s->sites; site; site = site->hh.next) {
		if (!all && !site->lasting)
			continue;
		json_t *row = json_array();
		json_array_append_new(row, json_integer((json_int_t)site->address));
		for (size_t i = 0; i < site->count; i++) {
			const struct place *p = &site->places[i];
			json_array_append_new(row, text_number(s, p->function, texts));
			json_array_append_new(row, text_number(s, p->file, texts));
			json_array_append_new(row, json_integer(p->line));
		}
		json_array_append_new(sites, row);
	}
	json_object_set_new(document, "format", json_string(FORMAT));
	json_object_set_new(document, "version", json_integer(VERSION));
	json_object_set_new(document, "words", json_text(s->words));
	json_object_set_new(document, "file", json_text(s->file));
	json_object_set_new(document, "texts", texts);
	json_object_set_new(document, "sites", sites);
	return document;
}

/* With the folders above it. */
static int make_folder(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int result = mkdir(path, 0700);
		*slash = '/';
		if (result != 0 && errno != EEXIST)
			return errno;
	}
	return 0;
}

/* The whole document.  Returns 0, or an errno. */
static int write_document(struct store *s, int fd, bool all)
{
	FILE *file = fdopen(fd, "w");
	json_t *document;
	int error = 0;

	if (!file) {
		error = errno;
		close(fd);
		return error;
	}
	document = make_document(s, all);
	errno = 0;
	if (json_dumpf(document, file, JSON_COMPACT) != 0 || fflush(file) != 0)
		error = errno ? errno : EIO;
	json_decref(document);
	fclose(file);
	return error;
}

/* What another process, or another module of the same build, has written since. */
static void add_from_file(struct store *s, const char *path)
{
	bool damaged;
	struct store *other = store_read(path, &damaged);

	if (other && strcmp(other->words, s->words) == 0) {
		for (const struct site *site = other->sites; site; site = site->hh.next)
			store_add(s, site->address, site->places, site->count, true);
	}
	store_free(other);
}

void store_cut_folders(struct store *s)
{
	free(s->file);
	s->file = NULL;
	for (struct site *site = s->sites; site; site = site->hh.next) {
		for (size_t i = 0; i < site->count; i++) {
			const char *file = site->places[i].file;
			const char *slash = file ? strrchr(file, '/') : NULL;
			site->places[i].file = slash ? slash + 1 : file;
		}
	}
}

/* Beside the file first, then under its name: rename() replaces it at once. */
int store_write(struct store *s, const char *path, bool all)
{
	char temporary[PATH_MAX];

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= sizeof(temporary))
		return ENAMETOOLONG;
	int error = make_folder(temporary);
	int fd = error ? -1 : mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return error ? error : errno;
	add_from_file(s, path);
	error = write_document(s, fd, all);
	if (!error && rename(temporary, path) != 0)
		error = errno;
	if (error)
		unlink(temporary);
	else
		s->changed = false;
	return error;
}
