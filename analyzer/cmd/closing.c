/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `record` says when the program has ended. */
#include "analyzer/cmd/closing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/cmd/output.h"
#include "analyzer/cmd/progress.h"
#include "analyzer/model/model.h"
#include "analyzer/reports/losses.h"
#include "analyzer/trace/trim.h"
#include "analyzer/util/units.h"

/* Beyond, counting round trips would keep the user waiting: calls are told. */
#define CALLS_TO_READ 20000000u

struct files {
	size_t count;
	uint64_t bytes; /* on disk */
};

static void trim_and_count(const char *path, void *user)
{
	struct files *files = user;
	struct stat status;

	trace_trim(path);
	if (stat(path, &status) != 0)
		return;
	files->count++;
	files->bytes += (uint64_t)status.st_blocks * 512;
}

static void warn(const char *line)
{
	fprintf(stderr, "traceroundtrip: %s\n", line);
}

static void count_trip(void *user, const struct round_trip *t)
{
	++*(uint64_t *)user;
}

static uint64_t count_trips(struct recording *r)
{
	struct progress progress = progress_new(true);
	uint64_t trips = 0;
	struct model *model = model_new(count_trip, &trips);
	struct event e;

	while (recording_next(r, &e)) {
		model_feed(model, &e);
		progress_tick(&progress, r);
	}
	model_finish(model);
	progress_end(&progress);
	model_free(model);
	return trips;
}

static void print_amount(struct recording *r)
{
	char number[UNIT_TEXT_BYTES];
	uint64_t calls = 0;
	size_t count;
	struct process **processes = recording_processes(r, &count);

	for (size_t i = 0; i < count; i++)
		calls += processes[i]->events;
	if (calls > CALLS_TO_READ) {
		fprintf(stderr, "%s calls", count_format(calls, number));
	} else {
		uint64_t trips = count_trips(r);
		fprintf(stderr, "%s round trip%s", count_format(trips, number),
			trips == 1 ? "" : "s");
	}
	fprintf(stderr, " of %s process%s", count_format(count, number), count == 1 ? "" : "es");
}

static void print_losses(const struct recording *r)
{
	struct losses losses = losses_of(r);
	char number[UNIT_TEXT_BYTES];

	if (losses.overwritten)
		fprintf(stderr, ", %s overwritten",
			things_format(losses.overwritten, "call", number));
	if (losses.events)
		fprintf(stderr, ", %s lost", things_format(losses.events, "call", number));
	if (losses.records)
		fprintf(stderr, ", %s of connections, modules or stacks lost",
			things_format(losses.records, "record", number));
	if (losses.chunks)
		fprintf(stderr, ", %s unreadable", things_format(losses.chunks, "piece", number));
	if (!losses.overwritten && !losses.events && !losses.records && !losses.chunks)
		fprintf(stderr, ", nothing lost");
}

static void print_running(const struct recording *r)
{
	size_t count, running = 0;
	struct process **processes = recording_processes(r, &count);

	for (size_t i = 0; i < count; i++)
		running += processes[i]->running;
	if (running == 1)
		fprintf(stderr, "; 1 process still runs and is recorded");
	else if (running)
		fprintf(stderr, "; %zu processes still run and are recorded", running);
}

/* The name as a shell takes it. */
static void print_quoted(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%+=:,./_-";

	if (name[strspn(name, plain)] == '\0') {
		fputs(name, stderr);
		return;
	}
	fputc('\'', stderr);
	for (; *name; name++)
		fputs(*name == '\'' ? "'\\''" : (char[]){ *name, '\0' }, stderr);
	fputc('\'', stderr);
}

static bool is_default(const char *name)
{
	return strcmp(name, "traceroundtrip.data") == 0;
}

void closing_report(const char *folder, const char *name, bool quiet)
{
	struct files files = { 0 };
	char size[UNIT_TEXT_BYTES];

	output_visit(folder, trim_and_count, &files);
	if (quiet)
		return;
	if (!files.count) {
		fprintf(stderr, "traceroundtrip: nothing recorded: no traced process made a call on "
				"a socket\n"
				"traceroundtrip: what it cannot see: man 7 libtraceroundtrip\n");
		return;
	}
	struct recording *r = recording_open(&folder, 1, warn, NULL);
	if (!r)
		return;
	fprintf(stderr, "traceroundtrip: ");
	print_amount(r);
	fprintf(stderr, ", %s in ", size_format(files.bytes, size));
	print_quoted(name);
	print_losses(r);
	print_running(r);
	fprintf(stderr, "\ntraceroundtrip: to see them: traceroundtrip report");
	if (!is_default(name)) {
		fputc(' ', stderr);
		print_quoted(name);
	}
	fputc('\n', stderr);
	recording_close(r);
}
