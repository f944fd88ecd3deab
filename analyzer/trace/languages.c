/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the records of language runtimes. */
#include "analyzer/trace/languages.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/trace/load.h"

static enum runtime_state state_of(uint8_t state)
{
	switch (state) {
	case TRT_RUNTIME_FOUND:
		return RUNTIME_FOUND;
	case TRT_RUNTIME_ON:
		return RUNTIME_ON;
	default:
		return RUNTIME_OFF;
	}
}

void languages_read_runtime(struct trace *t, const struct trt_record *head)
{
	const struct trt_runtime *r = (const void *)head;
	struct languages *l = &t->languages;
	struct runtime *runtime = NULL;

	if (head->bytes < sizeof(*r) || r->text_bytes > head->bytes - sizeof(*r) ||
	    r->loop_start > r->loop_end)
		return;
	for (size_t i = 0; i < l->runtime_count && !runtime; i++)
		if (l->runtimes[i].language == head->id)
			runtime = &l->runtimes[i]; /* it has changed since */
	if (!runtime) {
		l->runtimes = xgrow(l->runtimes, l->runtime_count, &l->runtime_room,
				    sizeof(*l->runtimes));
		runtime = &l->runtimes[l->runtime_count++];
	}
	*runtime = (struct runtime){
		.language = head->id,
		.state = state_of(head->detail),
		.version = r->version,
		.loop_start = r->loop_start,
		.loop_end = r->loop_end,
		.why_off = arena_text(&t->arena, r + 1, r->text_bytes),
	};
}

void languages_read_function(struct trace *t, const struct trt_record *head)
{
	const struct trt_language_function *r = (const void *)head;
	const uint8_t *bytes = (const uint8_t *)(r + 1);
	struct languages *l = &t->languages;

	if (head->bytes < sizeof(*r) ||
	    (size_t)r->name_bytes + r->file_bytes > head->bytes - sizeof(*r))
		return;
	l->functions = xgrow(l->functions, l->function_count, &l->function_room,
			     sizeof(*l->functions));
	l->functions[l->function_count++] = (struct language_function){
		.id = head->id,
		.language = head->detail,
		.first_line = r->first_line,
		.name = arena_text(&t->arena, bytes, r->name_bytes),
		.file = arena_text(&t->arena, bytes + r->name_bytes, r->file_bytes),
	};
}

void languages_read_frame(struct trace *t, const struct trt_record *head)
{
	const struct trt_language_frame *r = (const void *)head;
	struct languages *l = &t->languages;

	if (head->bytes < sizeof(*r))
		return;
	l->frames = xgrow(l->frames, l->frame_count, &l->frame_room, sizeof(*l->frames));
	l->frames[l->frame_count++] = (struct language_frame){
		.id = head->id,
		.function_id = r->function,
		.line = r->line,
	};
}

void languages_read_stack(struct trace *t, const struct trt_record *head)
{
	const struct trt_language_stack *r = (const void *)head;
	struct languages *l = &t->languages;

	if (!head->id || head->bytes < sizeof(*r) ||
	    r->depth > (head->bytes - sizeof(*r)) / sizeof(uint32_t))
		return;
	l->stacks = xgrow(l->stacks, l->stack_count, &l->stack_room, sizeof(*l->stacks));
	l->stacks[l->stack_count++] = (struct language_stack){
		.id = head->id,
		.language = r->language,
		.depth = r->depth,
		.cut_short = head->detail == 1,
		.frames = arena_copy(&t->arena, r + 1, r->depth * sizeof(uint32_t)),
	};
}

/* All lists are of structs that begin with their id. */
static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static const void *find(const void *list, size_t count, size_t size, uint32_t id)
{
	return count ? bsearch(&id, list, count, size, compare_ids) : NULL;
}

/* Two threads that met the same thing at the same time may both have written it: either will do. */
void languages_sort(struct trace *t)
{
	struct languages *l = &t->languages;

	if (l->function_count)
		qsort(l->functions, l->function_count, sizeof(*l->functions), compare_ids);
	if (l->frame_count)
		qsort(l->frames, l->frame_count, sizeof(*l->frames), compare_ids);
	if (l->stack_count)
		qsort(l->stacks, l->stack_count, sizeof(*l->stacks), compare_ids);
	for (size_t i = 0; i < l->frame_count; i++)
		l->frames[i].function = find(l->functions, l->function_count,
					     sizeof(*l->functions), l->frames[i].function_id);
}

void languages_free(struct languages *l)
{
	free(l->runtimes);
	free(l->functions);
	free(l->frames);
	free(l->stacks);
}

const struct runtime *process_runtimes(const struct process *p, size_t *count)
{
	const struct languages *l = &trace_of(p)->languages;

	*count = l->runtime_count;
	return l->runtimes;
}

const struct language_stack *process_language_stack(const struct process *p, uint32_t id)
{
	const struct languages *l = &trace_of(p)->languages;

	return find(l->stacks, l->stack_count, sizeof(*l->stacks), id);
}

const struct language_frame *process_language_frame(const struct process *p, uint32_t id)
{
	const struct languages *l = &trace_of(p)->languages;

	return find(l->frames, l->frame_count, sizeof(*l->frames), id);
}

const char *language_name(uint32_t language)
{
	return language == LANGUAGE_PYTHON ? "python" : NULL;
}

/* "/lib/python3.11/", "/lib64/python311.zip/": sysconfig's stdlib. */
static const char *standard_library(const char *path, size_t *length)
{
	for (const char *at = path; (at = strstr(at, "/lib")); at++) {
		const char *end = at + strlen("/lib");
		end += strncmp(end, "64", 2) == 0 ? 2 : 0;
		if (strncmp(end, "/python", strlen("/python")) != 0)
			continue;
		end += strlen("/python");
		end += strspn(end, "0123456789.");
		end += strncmp(end, "zip", 3) == 0 ? 3 : 0;
		if (*end != '/')
			continue;
		*length = (size_t)(end + 1 - at);
		return at;
	}
	*length = 0;
	return NULL;
}

const char *library_part(const char *path, size_t *length)
{
	static const char *const parts[] = { "/site-packages/", "/dist-packages/" };
	static const char frozen[] = "<frozen ";

	if (strncmp(path, frozen, strlen(frozen)) == 0) {
		*length = strlen(frozen);
		return path;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *at = strstr(path, parts[i]);
		*length = strlen(parts[i]);
		if (at)
			return at;
	}
	return standard_library(path, length);
}
