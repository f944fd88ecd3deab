/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every recorded call, a line each, in order. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/excerpt.h"
#include "analyzer/reports/frame.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/jsonline.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

struct dump {
	struct view view;
	const struct dump_options *options;
	uint64_t events;
	struct jsonline line;
};

static struct view *create(struct scope *scope, const void *options)
{
	struct dump *d = xcalloc(1, sizeof(*d));

	d->view = (struct view){ &dump_view, scope };
	d->options = options;
	return &d->view;
}

static void destroy(struct view *v)
{
	jsonline_free(&((struct dump *)v)->line);
	free(v);
}

static bool moves_bytes(const struct event *e)
{
	return event_sends(e) || event_receives(e);
}

/* Which of its connection's two streams a call's offset and bytes are of. */
static const char *direction_name(const struct event *e)
{
	if (!moves_bytes(e))
		return NULL;
	return event_sends(e) ? "sent" : "received";
}

/* A lookup's result is an error code of its own. */
static bool sets_errno(const struct event *e)
{
	return e->class != CALL_CLASS_NAME;
}

static void print_json(struct dump *d, const struct event *e)
{
	const struct scope *scope = d->view.scope;
	struct jsonline *line = &d->line;

	jsonline_begin(line);
	jsonline_integer(line, "pid", e->process->pid);
	jsonline_known(line, "tid", e->thread ? (uint64_t)e->thread->tid : UNKNOWN);
	jsonline_text(line, "call", call_name(e->call));
	jsonline_known(line, "fd", e->fd < 0 ? UNKNOWN : (uint64_t)e->fd);
	jsonline_known(line, "connection", e->connection ? e->connection->id : UNKNOWN);
	jsonline_known(line, "start_ns", e->start_ns - scope->started_ns);
	jsonline_known(line, "duration_ns", e->duration_ns);
	jsonline_integer(line, "result", e->result < 0 && sets_errno(e) ? -1 : e->result);
	jsonline_integer(line, "errno", e->result < 0 && sets_errno(e) ? -(int64_t)e->result : 0);
	jsonline_text(line, "direction", direction_name(e));
	jsonline_known(line, "offset", moves_bytes(e) ? e->offset : UNKNOWN);
	jsonline_known(line, "bytes", event_bytes(e));
	if (event_is_tls(e))
		jsonline_integer(line, "tls", 1);
	if (e->continued)
		jsonline_integer(line, "continued", 1);
	if (e->sets_option) {
		jsonline_integer(line, "option_level", e->option_level);
		jsonline_integer(line, "option", e->option);
		jsonline_text(line, "option_name", option_name(e->option_level, e->option));
		jsonline_known(line, "option_value", e->option_value);
	}
	jsonline_known(line, "stack_id", e->stack_id ? e->stack_id : UNKNOWN);
	jsonline_finish(line);
	jsonline_write(line, scope->out.file);
}

static void print_result(const struct out *o, const struct event *e)
{
	const char *name = e->result < 0 ? strerrorname_np(-e->result) : NULL;

	if (!sets_errno(e))
		out_styled(o, e->result ? STYLE_BAD : STYLE_PLAIN, " = %" PRId32 "%s%s", e->result,
			   e->result ? " " : "", e->result ? lookup_error(e->call, e->result) : "");
	else if (e->result >= 0)
		fprintf(o->file, " = %" PRId32, e->result);
	else if (name)
		out_styled(o, STYLE_BAD, " = -1 %s", name);
	else
		out_styled(o, STYLE_BAD, " = -1 errno %" PRId32, -e->result);
}

/* " TCP_NODELAY=1", or " 6/31=1" of an option without a name. */
static void print_option(const struct event *e, const struct out *o)
{
	const char *name = option_name(e->option_level, e->option);

	if (name)
		fprintf(o->file, " %s=%" PRIu64, name, e->option_value);
	else
		fprintf(o->file, " %" PRIu32 "/%" PRIu32 "=%" PRIu64, e->option_level, e->option,
			e->option_value);
}

/* As strace writes calls, and what else is known of this one. */
static void print_call(const struct scope *scope, const struct event *e, const struct out *o)
{
	char start[UNIT_TEXT_BYTES], took[UNIT_TEXT_BYTES], text[ADDRESS_TEXT_BYTES];
	char clean[ADDRESS_TEXT_BYTES];

	out_styled(o, STYLE_DIM, "%14s %7" PRId32,
		   moment_format(e->start_ns - scope->started_ns, 1, start),
		   e->thread ? e->thread->tid : e->process->pid);
	out_styled(o, STYLE_BOLD, " %s", call_name(e->call));
	if (e->fd >= 0)
		fprintf(o->file, "(%" PRId32 ")", e->fd);
	if (e->sets_option)
		print_option(e, o);
	print_result(o, e);
	out_styled(o, STYLE_DIM, "  %s", duration_format(e->duration_ns, took));
	if (e->connection) {
		address_format(&e->connection->remote, text, sizeof(text));
		fprintf(o->file, "  #%" PRIu32 " ", e->connection->id);
		out_styled(o, STYLE_NAME, "%s", text_clean(text, o->utf8, clean, sizeof(clean)));
	}
	if (moves_bytes(e) && e->connection)
		out_styled(o, STYLE_DIM, "  @%" PRIu64, e->offset);
	if (e->peek)
		out_styled(o, STYLE_DIM, "  peek");
	if (e->continued)
		out_styled(o, STYLE_DIM, "  of the same call");
	if (e->tries)
		out_styled(o, STYLE_DIM, "  after %" PRIu64 " %s", e->tries,
			   e->tries == 1 ? "try" : "tries");
	if (e->waited_ns)
		out_styled(o, STYLE_DIM, "  waited %s", duration_format(e->waited_ns, took));
	if (e->stack_id)
		out_styled(o, STYLE_DIM, "  stack %" PRIu32, e->stack_id);
	fputc('\n', o->file);
}

static void print_stack(const struct dump *d, const struct event *e, const struct out *o)
{
	char text[FRAME_TEXT_BYTES];
	size_t count;
	const struct frame *const *frames =
		symbols_stack(d->view.scope->symbols, e->process, e->stack_id, &count);
	size_t outer = frames_outer(frames, count);

	for (size_t i = count; i-- > outer;) {
		out_styled(o, STYLE_DIM, "%26s%s\n", "", frame_text(frames[i], o->utf8, text));
		excerpt_print(frames[i], d->options->source_lines, 26, o);
	}
}

static void event(struct view *v, const struct event *e)
{
	struct dump *d = (struct dump *)v;
	const struct out *o = &v->scope->out;

	d->events++;
	if (v->scope->json) {
		print_json(d, e);
		return;
	}
	print_call(v->scope, e, o);
	if (d->options->stacks)
		print_stack(d, e, o);
}

static bool empty(const struct view *v, char *reason)
{
	snprintf(reason, EMPTY_TEXT_BYTES, "no calls%s",
		 v->scope->events ? " pass the filter" : " were recorded");
	return ((const struct dump *)v)->events == 0;
}

static void print(struct view *v, const struct out *o)
{
	/* event() has printed everything. */
}

const struct view_ops dump_view = {
	.name = "dump",
	.streams = true,
	.create = create,
	.free = destroy,
	.event = event,
	.empty = empty,
	.print = print,
};
