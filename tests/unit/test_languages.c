/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the reader makes of the records of language runtimes, whole and broken. */
#include <stdlib.h>
#include <unistd.h>

#include "analyzer/trace/trace.h"
#include "preload/trace_format.h"
#include "tests/unit/tap.h"
#include "tests/unit/trace_writer.h"

static char warnings[2000];

static void warn(const char *line)
{
	size_t used = strlen(warnings);

	snprintf(warnings + used, sizeof(warnings) - used, "%s\n", line);
}

static void write_runtime(struct trace_writer *w, uint8_t state, const char *why_off)
{
	struct trt_runtime r = {
		.head = { .type = TRT_RECORD_RUNTIME, .id = TRT_LANGUAGE_PYTHON, .detail = state },
		.loop_start = 0x1000, .loop_end = 0x2000, .version = 0x030b02f0,
		.text_bytes = (uint32_t)strlen(why_off),
	};

	writer_record(w, &r, sizeof(r), why_off, strlen(why_off));
}

static void write_function(struct trace_writer *w, uint32_t id, const char *name, const char *file)
{
	struct trt_language_function r = {
		.head = { .type = TRT_RECORD_LANGUAGE_FUNCTION, .id = id,
			  .detail = TRT_LANGUAGE_PYTHON },
		.first_line = 7, .name_bytes = (uint16_t)strlen(name),
		.file_bytes = (uint16_t)strlen(file),
	};
	char text[200];

	snprintf(text, sizeof(text), "%s%s", name, file);
	writer_record(w, &r, sizeof(r), text, strlen(text));
}

static void write_frame(struct trace_writer *w, uint32_t id, uint32_t function, uint32_t line)
{
	struct trt_language_frame r = {
		.head = { .type = TRT_RECORD_LANGUAGE_FRAME, .id = id,
			  .detail = TRT_LANGUAGE_PYTHON },
		.function = function, .line = line,
	};

	writer_record(w, &r, sizeof(r), NULL, 0);
}

static void write_stack(struct trace_writer *w, uint32_t id, uint32_t depth, const uint32_t *frames,
			size_t written)
{
	struct trt_language_stack r = {
		.head = { .type = TRT_RECORD_LANGUAGE_STACK, .id = id, .detail = 1 },
		.language = TRT_LANGUAGE_PYTHON, .depth = depth,
	};

	writer_record(w, &r, sizeof(r), frames, written * sizeof(*frames));
}

static struct trace_writer *begin(const char *path)
{
	warnings[0] = '\0';
	return writer_new(path, 20);
}

static struct recording *end(struct trace_writer *w, const char *path)
{
	writer_close(w, 9000);
	return recording_open(&path, 1, warn, NULL);
}

static struct process *only_process(struct recording *r)
{
	size_t count;

	return recording_processes(r, &count)[0];
}

static void test_whole(const char *path)
{
	struct trace_writer *w = begin(path);
	const uint32_t frames[] = { 30, 20 | TRT_FRAME_ENTRY, TRT_FRAME_ENTRY };
	size_t runtimes;

	/* Frames in front of their functions, and out of order, as threads write them. */
	write_frame(w, 30, 2, 12);
	write_frame(w, 20, 1, 0);
	write_frame(w, 40, 99, 5);
	write_function(w, 2, "f.<locals>.g", "/a b/x.py");
	write_function(w, 1, "<module>", "");
	write_function(w, 2, "f.<locals>.g", "/a b/x.py");
	write_stack(w, 5, 3, frames, 3);
	write_runtime(w, TRT_RUNTIME_FOUND, "");
	write_runtime(w, TRT_RUNTIME_ON, "");

	struct recording *r = end(w, path);
	struct process *p = only_process(r);
	const struct runtime *runtime = process_runtimes(p, &runtimes);
	const struct language_stack *s = process_language_stack(p, 5);
	is_number(runtimes, 1, "one runtime");
	is_number(runtime->state, RUNTIME_ON, "  in its last state");
	is_number(runtime->version, 0x030b02f0, "  of this version");
	is_number(runtime->loop_end, 0x2000, "  with its loop");
	ok(s && s->cut_short && s->depth == 3, "a stack");
	is_number(s->frames[1], 20 | FRAME_ENTRY, "  with marks");
	const struct language_frame *f = process_language_frame(p, 30);
	is_text(f->function->name, "f.<locals>.g", "a frame's function");
	is_text(f->function->file, "/a b/x.py", "  its file");
	is_number(f->function->first_line, 7, "  where it begins");
	is_number(f->line, 12, "  and the line");
	is_text(process_language_frame(p, 20)->function->file, "", "a function without a file");
	ok(!process_language_frame(p, 40)->function, "a function whose record was lost");
	ok(!process_language_stack(p, 0) && !process_language_stack(p, 6) &&
	   !process_language_frame(p, 0), "no stack and no frame have these ids");
	is_text(warnings, "", "no warnings");
	recording_close(r);
}

static void test_broken(const char *path)
{
	struct trace_writer *w = begin(path);
	struct trt_runtime runtime = {
		.head = { .type = TRT_RECORD_RUNTIME, .id = 1, .detail = 3 }, .text_bytes = 1000,
	};
	struct trt_language_function function = {
		.head = { .type = TRT_RECORD_LANGUAGE_FUNCTION, .id = 1 },
		.name_bytes = 65535, .file_bytes = 65535,
	};
	struct trt_record heads[] = {
		{ .type = TRT_RECORD_RUNTIME, .id = 1 },
		{ .type = TRT_RECORD_LANGUAGE_FUNCTION, .id = 1 },
		{ .type = TRT_RECORD_LANGUAGE_FRAME, .id = 1 },
		{ .type = TRT_RECORD_LANGUAGE_STACK, .id = 1 },
	};
	const uint32_t frames[] = { 1, 2 };
	size_t runtimes;

	writer_record(w, &runtime, sizeof(runtime), NULL, 0);
	writer_record(w, &function, sizeof(function), NULL, 0);
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		writer_record(w, &heads[i], sizeof(heads[i]), NULL, 0);
	write_stack(w, 7, 1000000, frames, 2);
	write_stack(w, 0, 2, frames, 2);

	struct recording *r = end(w, path);
	struct process *p = only_process(r);
	process_runtimes(p, &runtimes);
	is_number(runtimes, 0, "a runtime whose text is longer than its record");
	ok(!process_language_frame(p, 1), "frames that are too short");
	ok(!process_language_stack(p, 7) && !process_language_stack(p, 1),
	   "stacks that are shorter than they say");
	recording_close(r);
}

static void is_part(const char *path, const char *wanted)
{
	size_t length;
	const char *part = library_part(path, &length);
	char got[64];

	snprintf(got, sizeof(got), "%.*s", (int)length, part ? part : "");
	is_text(got, wanted, path);
}

static void test_libraries(void)
{
	is_part("/usr/lib/python3.11/ssl.py", "/lib/python3.11/");
	is_part("/usr/lib64/python3.9/ssl.py", "/lib64/python3.9/");
	is_part("/opt/x/lib/python311.zip/ssl.py", "/lib/python311.zip/");
	is_part("/usr/lib/python3/dist-packages/requests/api.py", "/dist-packages/");
	is_part("/home/a/venv/lib/python3.12/site-packages/redis.py", "/site-packages/");
	is_part("<frozen importlib._bootstrap>", "<frozen ");
	is_part("/home/a/lib/pythonic/app.py", "");
	is_part("/srv/library/app.py", "");
	is_part("<string>", "");
	is_part("", "");
}

int main(void)
{
	char path[] = "/tmp/test_languages.XXXXXX.trt";
	int fd = mkstemps(path, 4);

	if (fd < 0)
		return 1;
	close(fd);
	unlink(path);
	test_whole(path);
	unlink(path);
	test_broken(path);
	unlink(path);
	test_libraries();
	return done_testing();
}
