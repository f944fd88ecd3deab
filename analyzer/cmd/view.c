/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads traces once, feeds the views, prints them. */
#include "analyzer/cmd/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/cmd/inputs.h"
#include "analyzer/cmd/progress.h"
#include "analyzer/reports/losses.h"
#include "analyzer/reports/profile.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/pager.h"
#include "analyzer/util/text.h"
#include "analyzer/util/json.h"
#include "analyzer/util/units.h"

/* One run of the program: what is read, and for whom. */
struct run {
	struct scope scope;
	struct recording *recording;
	struct model *model;
	struct view **views;
	size_t count;
	struct recording_listener listener;
};

static void hear_trip(void *user, const struct round_trip *t)
{
	struct run *run = user;
	struct scope *scope = &run->scope;

	scope->trips++;
	if (!filter_trip(scope->filter, t))
		return;
	scope->chosen_trips++;
	if (scope->profile)
		profile_add(scope->profile, t);
	for (size_t i = 0; i < run->count; i++) {
		if (run->views[i]->ops->trip)
			run->views[i]->ops->trip(run->views[i], t);
	}
}

static void hear_message(void *user, const struct message *m)
{
	struct run *run = user;

	for (size_t i = 0; i < run->count; i++) {
		if (run->views[i]->ops->message)
			run->views[i]->ops->message(run->views[i], m);
	}
}

static void skip_processes(struct run *run)
{
	size_t count;
	struct process **processes = recording_processes(run->recording, &count);

	for (size_t i = 0; i < count; i++) {
		if (!filter_process(run->scope.filter, processes[i]))
			recording_skip_process(run->recording, processes[i]);
	}
}

static bool any_view_hears_events(const struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		if (run->views[i]->ops->event)
			return true;
	}
	return false;
}

static void hear_event(struct run *run, const struct event *e)
{
	if (!filter_event(run->scope.filter, e))
		return;
	for (size_t i = 0; i < run->count; i++) {
		if (run->views[i]->ops->event)
			run->views[i]->ops->event(run->views[i], e);
	}
}

static void hear_view(void *user, struct connection *c, const struct kernel_view *view)
{
	struct run *run = user;

	model_view(run->model, c, view);
}

static void hear_sample(void *user, const struct sample *s)
{
	struct run *run = user;

	for (size_t i = 0; i < run->count; i++) {
		if (run->views[i]->ops->sample)
			run->views[i]->ops->sample(run->views[i], s);
	}
}

static void replay(struct run *run, bool show_progress)
{
	bool events = any_view_hears_events(run);
	struct progress progress = progress_new(show_progress);
	struct event e;

	skip_processes(run);
	run->listener = (struct recording_listener){ hear_view, hear_sample, run };
	recording_listen(run->recording, &run->listener);
	while (recording_next(run->recording, &e)) {
		run->scope.events++;
		model_feed(run->model, &e);
		if (events)
			hear_event(run, &e);
		progress_tick(&progress, run->recording);
	}
	progress_end(&progress);
	model_finish(run->model);
	if (run->scope.profile)
		profile_finish(run->scope.profile);
	for (size_t i = 0; i < run->count; i++) {
		if (run->views[i]->ops->finish)
			run->views[i]->ops->finish(run->views[i]);
	}
}

/* Why there are no round trips, as far as the recording tells. */
static void explain_no_trips(const struct scope *scope, char *reason)
{
	size_t count, connections = 0;
	struct process **processes = recording_processes(scope->recording, &count);
	struct losses losses = losses_of(scope->recording);
	char a[UNIT_TEXT_BYTES], b[UNIT_TEXT_BYTES], name[256];

	for (size_t i = 0; i < count; i++)
		connections += processes[i]->connection_count;
	text_clean(processes[0]->name, scope->out.utf8, name, sizeof(name));
	if (scope->trips && (scope->filter->protocols.count || scope->filter->names.count))
		snprintf(reason, EMPTY_TEXT_BYTES,
			 "none of %s round trips passes the filter: no protocol is decoded yet, so "
			 "--protocol and --name select nothing", count_format(scope->trips, a));
	else if (scope->trips)
		snprintf(reason, EMPTY_TEXT_BYTES, "none of %s round trips passes the filter",
			 count_format(scope->trips, a));
	else if (losses.events + losses.overwritten)
		snprintf(reason, EMPTY_TEXT_BYTES,
			 "no round trips recorded: %s calls were lost or overwritten",
			 count_format(losses.events + losses.overwritten, a));
	else if (losses.chunks)
		snprintf(reason, EMPTY_TEXT_BYTES, "no round trips: %s of the traces unreadable",
			 things_format(losses.chunks, "piece", a));
	else if (scope->events)
		snprintf(reason, EMPTY_TEXT_BYTES,
			 "no round trips recorded: %s on %s, but no request",
			 things_format(scope->events, "call", a),
			 things_format(connections, "connection", b));
	else if (scope->filter->pids.count)
		snprintf(reason, EMPTY_TEXT_BYTES,
			 "no round trips recorded: no process that passes --pid used the network");
	else if (count == 1)
		snprintf(reason, EMPTY_TEXT_BYTES, "no round trips recorded: %s (pid %d) %s", name,
			 processes[0]->pid, "did not use the network");
	else
		snprintf(reason, EMPTY_TEXT_BYTES,
			 "no round trips recorded: none of %s processes used the network",
			 count_format(count, a));
}

static bool is_empty(const struct view *v, char *reason)
{
	if (v->ops->empty)
		return v->ops->empty(v, reason);
	if (v->scope->chosen_trips)
		return false;
	explain_no_trips(v->scope, reason);
	return true;
}

static void print_text(const struct run *run, const struct view_plan *plans)
{
	const struct out *o = &run->scope.out;
	struct losses losses = losses_of(run->recording);
	char reason[EMPTY_TEXT_BYTES];

	losses_print(&losses, o);
	for (size_t i = 0; i < run->count; i++) {
		struct view *v = run->views[i];
		bool empty = is_empty(v, reason);
		if (plans[i].title && !empty)
			out_title(o, plans[i].title, plans[i].about);
		if (!empty || v->ops->says_when_empty)
			v->ops->print(v, o);
	}
}

static void write_document(struct view *v)
{
	if (v->ops->write_json)
		v->ops->write_json(v, stdout);
	else
		json_write_document(stdout, v->ops->json(v));
}

static void print_json(const struct run *run)
{
	struct view *first = run->views[0];

	if (run->count > 1) {
		for (size_t i = 0; i < run->count; i++) {
			printf("%s\"%s\": ", i ? ",\n" : "{\n", run->views[i]->ops->name);
			write_document(run->views[i]);
		}
		puts("\n}");
	} else if (first->ops->json || first->ops->write_json) {
		write_document(first);
		putchar('\n');
	} else {
		first->ops->print(first, &run->scope.out);
	}
}

/* The first view speaks for all: a report without round trips is empty. */
static bool say_if_empty(const struct command *c, const struct run *run)
{
	char reason[EMPTY_TEXT_BYTES];
	bool empty = is_empty(run->views[0], reason);

	if (empty) {
		fflush(stdout);
		command_complain(c, "%s", reason);
	}
	return empty;
}

static void create_views(struct run *run, const struct view_plan *plans, size_t count)
{
	run->views = xcalloc(count, sizeof(struct view *));
	run->count = count;
	for (size_t i = 0; i < count; i++) {
		run->views[i] = plans[i].ops->create(&run->scope, plans[i].options);
		if (plans[i].ops->wants_profile && !run->scope.profile)
			run->scope.profile = profile_new(run->scope.symbols);
	}
}

static struct run new_run(struct recording *r, FILE *text, bool several)
{
	struct view_settings *s = &view_settings;

	s->filter.origin_ns = recording_started_ns(r);
	s->filter.end_ns = recording_ended_ns(r);
	return (struct run){
		.recording = r,
		.scope = {
			.recording = r,
			.symbols = symbols_new(&s->symbols),
			.filter = &s->filter,
			.started_ns = s->filter.origin_ns,
			.ended_ns = s->filter.end_ns,
			.out = out_new(text, (enum color_choice)s->color, (unsigned)s->width),
			.json = s->json,
			.several = several,
		},
	};
}

static void free_run(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		run->views[i]->ops->free(run->views[i]);
	free(run->views);
	profile_free(run->scope.profile);
	model_free(run->model);
	symbols_free(run->scope.symbols);
	recording_close(run->recording);
	inputs_close();
	filter_free(run->scope.filter);
}

static bool flush_output(const struct command *c)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	command_complain(c, "cannot write the output: %s", strerror(errno));
	return false;
}

int view_run(const struct command *c, const struct view_plan *plans, size_t count, char **traces,
	     size_t trace_count)
{
	size_t failed = 0;
	struct recording *recording =
		inputs_open(traces, trace_count, &view_settings.symbols, &failed);
	bool streams = plans[0].ops->streams;
	bool paged = !view_settings.json && !view_settings.no_pager && !plans[0].ops->writes_file;

	if (!recording) {
		inputs_close();
		filter_free(&view_settings.filter);
		return EXIT_NOTHING;
	}
	struct run run = new_run(recording, plans[0].ops->writes_file ? stderr : stdout, count > 1);
	run.model = model_new(hear_trip, &run);
	if (view_settings.raw_names)
		model_keep_raw_names(run.model);
	run.scope.model = run.model;
	create_views(&run, plans, count);
	if (plans[0].ops->message)
		model_listen_messages(run.model, hear_message);
	if (streams && paged)
		pager_start();
	replay(&run, !streams);
	if (!streams && paged)
		pager_start();
	if (view_settings.json)
		print_json(&run);
	else
		print_text(&run, plans);
	bool written = flush_output(c);
	bool empty = say_if_empty(c, &run);
	pager_finish();
	bool complete = written && !empty && !failed && !run.scope.failed;
	free_run(&run);
	return complete ? EXIT_DONE : EXIT_NOTHING;
}

int view_begin(const struct command *c, int argc, char **argv, int *first)
{
	filter_init(&view_settings.filter);
	return command_begin(c, argc, argv, first);
}

int view_main(const struct command *c, const struct view_plan *plans, size_t count, int argc,
	      char **argv)
{
	int first;
	int status = view_begin(c, argc, argv, &first);

	if (status >= 0) {
		filter_free(&view_settings.filter);
		return status;
	}
	return view_run(c, plans, count, argv + first, (size_t)(argc - first));
}
