/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a recording is made of: files, processes, settings, losses, modules. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/reports/unseen.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/json.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

static struct view *create(struct scope *scope, const void *options)
{
	struct view *v = xcalloc(1, sizeof(*v));

	*v = (struct view){ &info_view, scope };
	return v;
}

static void destroy(struct view *v)
{
	free(v);
}

static bool empty(const struct view *v, char *reason)
{
	size_t count;
	struct process **processes = recording_processes(v->scope->recording, &count);

	snprintf(reason, EMPTY_TEXT_BYTES, "no process passes the filter");
	for (size_t i = 0; i < count; i++) {
		if (filter_process(v->scope->filter, processes[i]))
			return false;
	}
	return true;
}

static const char *detail_name(uint32_t detail)
{
	static const char *const names[] = { NULL, "coarse", "medium", "fine" };

	return detail < 4 ? names[detail] : NULL;
}

/* How a process ended, as far as the trace tells. */
static const char *end_words(const struct process *p)
{
	if (p->running)
		return "still running";
	return p->ended_ns == UNKNOWN ? "no clean end: killed, _exit, or another program executed"
				      : "ended";
}

static const char *hex_format(const uint8_t *bytes, size_t count, char *buffer, size_t size)
{
	buffer[0] = '\0';
	for (size_t i = 0; i < count && 2 * i + 3 <= size; i++)
		snprintf(buffer + 2 * i, size - 2 * i, "%02x", bytes[i]);
	return buffer;
}

static json_t *module_json(const struct scope *scope, const struct process *p,
			   const struct module *m)
{
	struct name_origin origin = symbols_module_origin(scope->symbols, p, m);
	json_t *o = json_object();
	char id[256], advice[ADVICE_BYTES];

	json_object_set_new(o, "path", json_text(m->path[0] ? m->path : NULL));
	json_object_set_new(o, "build_id",
			    m->build_id_bytes ? json_string(hex_format(m->build_id, m->build_id_bytes,
								       id, sizeof(id)))
					      : json_null());
	json_object_set_new(o, "start", json_known(m->start));
	json_object_set_new(o, "end", json_known(m->end));
	json_object_set_new(o, "names", json_text(origin.words));
	json_object_set_new(o, "names_file", json_text(origin.file));
	json_object_set_new(o, "advice",
			    json_text(symbols_module_advice(scope->symbols, p, m, advice)));
	return o;
}

static json_t *process_json(const struct scope *scope, const struct process *p)
{
	json_t *o = json_object(), *arguments = json_array(), *notes = json_array();
	json_t *modules = json_array();

	for (size_t i = 0; i < p->argument_count; i++)
		json_array_append_new(arguments, json_text(p->arguments[i]));
	for (size_t i = 0; i < p->note_count; i++)
		json_array_append_new(notes, json_text(p->notes[i]));
	for (size_t i = 0; i < p->module_count; i++)
		json_array_append_new(modules, module_json(scope, p, &p->modules[i]));
	json_object_set_new(o, "file", json_text(p->path));
	json_object_set_new(o, "pid", json_integer(p->pid));
	json_object_set_new(o, "parent_pid", json_integer(p->parent_pid));
	json_object_set_new(o, "name", json_text(p->name));
	json_object_set_new(o, "executable", json_text(p->executable));
	json_object_set_new(o, "arguments", arguments);
	json_object_set_new(o, "host", json_text(p->host_name));
	json_object_set_new(o, "uid", json_integer(p->uid));
	json_object_set_new(o, "start_ns", json_known(p->started_ns - scope->started_ns));
	json_object_set_new(o, "end_ns", json_known(p->ended_ns == UNKNOWN
							    ? UNKNOWN
							    : p->ended_ns - scope->started_ns));
	json_object_set_new(o, "running", json_boolean(p->running));
	json_object_set_new(o, "detail", json_text(detail_name(p->detail)));
	json_object_set_new(o, "capture_bytes", json_integer(p->capture_bytes));
	json_object_set_new(o, "stack_depth", json_integer(p->stack_depth));
	json_object_set_new(o, "stacks_off", json_text(p->stacks_off));
	json_object_set_new(o, "limit_bytes", json_known(p->limit_bytes));
	json_object_set_new(o, "file_bytes", json_known(p->file_bytes));
	json_object_set_new(o, "events", json_known(p->events));
	json_object_set_new(o, "stacks", json_known(p->stack_count));
	json_object_set_new(o, "threads", json_known(p->thread_count));
	json_object_set_new(o, "connections", json_known(p->connection_count));
	json_object_set_new(o, "lost_events", json_known(p->lost_events));
	json_object_set_new(o, "overwritten_events", json_known(p->overwritten_events));
	json_object_set_new(o, "lost_records", json_known(p->lost_records));
	json_object_set_new(o, "lost_stacks", json_known(p->lost_stacks));
	json_object_set_new(o, "damaged_chunks", json_known(p->damaged_chunks));
	json_object_set_new(o, "lookups", json_known(p->lookup_count));
	json_object_set_new(o, "blind_spots", blind_spots_json(p));
	json_object_set_new(o, "notes", notes);
	json_object_set_new(o, "modules", modules);
	return o;
}

static json_t *json(struct view *v)
{
	json_t *array = json_array();
	size_t count;
	struct process **processes = recording_processes(v->scope->recording, &count);

	for (size_t i = 0; i < count; i++) {
		if (filter_process(v->scope->filter, processes[i]))
			json_array_append_new(array, process_json(v->scope, processes[i]));
	}
	return array;
}

static void print_label(const struct out *o, const char *label)
{
	out_styled(o, STYLE_DIM, "  %-12s", label);
}

static void print_clean(const struct out *o, const char *text)
{
	char clean[8192];

	fputs(text_clean(text, o->utf8, clean, sizeof(clean)), o->file);
}

static void print_command(const struct process *p, const struct out *o)
{
	print_label(o, "command");
	for (size_t i = 0; i < p->argument_count; i++) {
		fputs(i ? " " : "", o->file);
		print_clean(o, p->arguments[i]);
	}
	fputc('\n', o->file);
	print_label(o, "executable");
	print_clean(o, *p->executable ? p->executable : "?");
	fputc('\n', o->file);
}

static void print_times(const struct scope *scope, const struct process *p, const struct out *o)
{
	char date[64], moment[UNIT_TEXT_BYTES], lasted[UNIT_TEXT_BYTES];
	time_t seconds = (time_t)(p->started_realtime_ns / 1000000000);
	struct tm parts;

	print_label(o, "started");
	if (localtime_r(&seconds, &parts) && strftime(date, sizeof(date), "%F %T %z", &parts))
		fprintf(o->file, "%s (+%s)", date,
			moment_format(p->started_ns - scope->started_ns, 1000000, moment));
	fputs(" on ", o->file);
	print_clean(o, p->host_name);
	fputc('\n', o->file);
	print_label(o, "end");
	uint64_t end_ns = p->ended_ns != UNKNOWN ? p->ended_ns : p->last_ns;
	fprintf(o->file, "%s, %s%s\n", end_words(p),
		p->ended_ns == UNKNOWN ? "last event after " : "after ",
		duration_format(end_ns - p->started_ns, lasted));
}

static void print_settings(const struct process *p, const struct out *o)
{
	char size[UNIT_TEXT_BYTES];
	const char *detail = detail_name(p->detail);

	print_label(o, "settings");
	fprintf(o->file, "detail %s, capture %" PRIu32 " bytes, stacks of %" PRIu32
			 " frames, at most %s\n",
		detail ? detail : "?", p->capture_bytes, p->stack_depth,
		size_format(p->limit_bytes, size));
	if (!p->stacks_off)
		return;
	print_label(o, "");
	out_styled(o, STYLE_WARM, "no stacks: %s\n", p->stacks_off);
}

static void print_counts(const struct process *p, const struct out *o)
{
	char a[UNIT_TEXT_BYTES], b[UNIT_TEXT_BYTES], c[UNIT_TEXT_BYTES], d[UNIT_TEXT_BYTES];
	char e[UNIT_TEXT_BYTES];

	print_label(o, "holds");
	fprintf(o->file, "%s, %s, %s, %s, %s; %s on disk\n",
		things_format(p->events, "call", a),
		things_format(p->connection_count, "connection", b),
		things_format(p->thread_count, "thread", c),
		things_format(p->stack_count, "stack", d),
		things_format(p->lookup_count, "lookup", e),
		size_format(p->file_bytes, (char[UNIT_TEXT_BYTES]){ 0 }));
	print_label(o, "lacks");
	uint64_t lacks[] = { p->lost_events, p->overwritten_events, p->lost_records, p->lost_stacks,
			     p->damaged_chunks };
	static const char *const names[] = { "lost calls", "overwritten calls", "lost records",
					     "lost stacks", "damaged chunks" };
	bool any = false;
	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		if (!lacks[i])
			continue;
		out_styled(o, STYLE_BAD, "%s%s %s", any ? ", " : "", count_format(lacks[i], a),
			   names[i]);
		any = true;
	}
	fputs(any ? "\n" : "nothing\n", o->file);
	for (int spot = 0; spot < BLIND_SPOTS; spot++) {
		if (!(p->blind_spots >> spot & 1))
			continue;
		print_label(o, "blind spot");
		out_styled(o, STYLE_BAD, "%s\n", blind_spot_words((enum blind_spot)spot));
	}
	for (size_t i = 0; i < p->note_count; i++) {
		print_label(o, i ? "" : "notes");
		print_clean(o, p->notes[i]);
		fputc('\n', o->file);
	}
}

/* Each file once, though it may have been mapped again. */
static bool seen_before(const struct process *p, size_t module)
{
	for (size_t i = 0; i < module; i++) {
		if (strcmp(p->modules[i].path, p->modules[module].path) == 0)
			return true;
	}
	return false;
}

/* "libfoo.so: exported names only; install ..." */
static void print_module(const struct scope *scope, const struct process *p,
			 const struct module *m, const struct out *o)
{
	struct name_origin origin = symbols_module_origin(scope->symbols, p, m);
	char advice[ADVICE_BYTES];

	print_clean(o, m->path);
	fprintf(o->file, ": %s", origin.words);
	if (origin.file) {
		fputs(" of ", o->file);
		print_clean(o, origin.file);
	}
	if (symbols_module_advice(scope->symbols, p, m, advice))
		out_styled(o, STYLE_DIM, "; %s", advice);
	fputc('\n', o->file);
}

static void print_modules(const struct scope *scope, const struct process *p, const struct out *o)
{
	bool any = false;

	for (size_t i = 0; i < p->module_count; i++) {
		const struct module *m = &p->modules[i];
		if (!m->path[0] || seen_before(p, i))
			continue;
		print_label(o, any ? "" : "names from");
		print_module(scope, p, m, o);
		any = true;
	}
}

static void print(struct view *v, const struct out *o)
{
	size_t count, printed = 0;
	struct process **processes = recording_processes(v->scope->recording, &count);
	char clean[4096];

	for (size_t i = 0; i < count; i++) {
		const struct process *p = processes[i];
		if (!filter_process(v->scope->filter, p))
			continue;
		if (printed++)
			fputc('\n', o->file);
		out_styled(o, STYLE_BOLD, "%s",
			   text_clean(p->name, o->utf8, clean, sizeof(clean)));
		fprintf(o->file, "  pid %" PRId32 ", child of %" PRId32 "\n", p->pid,
			p->parent_pid);
		print_label(o, "file");
		print_clean(o, p->path);
		fputc('\n', o->file);
		print_command(p, o);
		print_times(v->scope, p, o);
		print_settings(p, o);
		print_counts(p, o);
		print_modules(v->scope, p, o);
	}
}

const struct view_ops info_view = {
	.name = "info",
	.create = create,
	.free = destroy,
	.empty = empty,
	.print = print,
	.json = json,
};
