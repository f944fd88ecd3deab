/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs conversations through the model and compares what was said of them. */
#include "tests/protocols/cases.h"

#include <unistd.h>

#include "analyzer/model/model.h"
#include "analyzer/util/alloc.h"
#include "tests/unit/script.h"
#include "tests/unit/tap.h"

struct line {
	uint64_t start_ns;
	char *text;
};

struct lines {
	struct line *all;
	size_t count, room;
};

static void print_time(FILE *out, const char *before, uint64_t ns)
{
	if (ns == UNKNOWN)
		fprintf(out, "%s-", before);
	else
		fprintf(out, "%s%" PRIu64, before, ns);
}

static void print_info(FILE *out, const struct round_trip *t)
{
	for (uint32_t i = 0; i < t->info_count; i++)
		if (t->info[i].text)
			fprintf(out, " %s=%s", t->info[i].key, t->info[i].text);
		else
			fprintf(out, " %s=%" PRIu64, t->info[i].key, t->info[i].number);
}

static void hear_trip(void *user, const struct round_trip *t)
{
	struct lines *lines = user;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "%s %s ", status_name(t->status), t->protocol ? t->protocol : "-");
	fprintf(out, t->name ? "\"%s\"" : "-", t->name);
	print_time(out, " ", t->start_ns);
	print_time(out, " ", t->end_ns);
	fprintf(out, " %" PRIu64 "/%" PRIu64, t->bytes_sent, t->bytes_received);
	if (t->failure)
		fprintf(out, " %s", t->failure);
	fputs(t->waiting_by_design ? " waits" : "", out);
	fputs(t->incomplete ? " incomplete" : "", out);
	print_info(out, t);
	fclose(out);
	lines->all = xgrow(lines->all, lines->count, &lines->room, sizeof(*lines->all));
	lines->all[lines->count++] = (struct line){ t->start_ns, text };
}

static void print_count(FILE *out, const char *name, uint64_t count)
{
	if (count)
		fprintf(out, " %s=%" PRIu64, name, count);
}

static void print_connection(FILE *out, const struct model *m, const struct connection *c)
{
	struct connection_stats s = model_connection(m, c);

	if (!s.desyncs && !s.hidden && !s.forgotten && !s.doubted && !s.unsolicited_bytes)
		return;
	fprintf(out, "connection %u", c->id);
	print_count(out, "desyncs", s.desyncs);
	print_count(out, "hidden", s.hidden);
	print_count(out, "forgotten", s.forgotten);
	if (s.doubted)
		print_time(out, " doubted=", s.doubted_at);
	print_count(out, "unsolicited", s.unsolicited_bytes);
	fputc('\n', out);
}

/* By start, and else in order of coming. */
static void print_lines(FILE *out, struct lines *lines)
{
	for (size_t i = 1; i < lines->count; i++)
		for (size_t j = i; j && lines->all[j].start_ns < lines->all[j - 1].start_ns; j--) {
			struct line swapped = lines->all[j];

			lines->all[j] = lines->all[j - 1];
			lines->all[j - 1] = swapped;
		}
	for (size_t i = 0; i < lines->count; i++) {
		fprintf(out, "%s\n", lines->all[i].text);
		free(lines->all[i].text);
	}
	free(lines->all);
}

static void print_warning(const char *line)
{
	printf("# %s\n", line);
}

static void run(const struct protocol_case *c, struct recording *r, FILE *out)
{
	struct lines lines = { 0 };
	struct model *m = model_new(hear_trip, &lines);
	struct process **processes;
	struct event e;
	size_t count;

	if (c->raw_names)
		model_keep_raw_names(m);
	while (recording_next(r, &e))
		model_feed(m, &e);
	model_finish(m);
	print_lines(out, &lines);
	processes = recording_processes(r, &count);
	for (size_t i = 0; i < processes[0]->connection_count; i++)
		print_connection(out, m, &processes[0]->connections[i]);
	model_free(m);
}

static void test_case(const struct protocol_case *c, const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct recording *r;

	script_write(c->script, path);
	r = recording_open(&path, 1, print_warning, NULL);
	run(c, r, out);
	fclose(out);
	is_text(text, c->wanted, c->name);
	recording_close(r);
	free(text);
}

int test_protocol_cases(const struct protocol_case *cases, size_t count)
{
	char folder[] = "/tmp/test_protocols.XXXXXX", path[100];

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/case.trt", folder);
	for (size_t i = 0; i < count; i++)
		test_case(&cases[i], path);
	unlink(path);
	rmdir(folder);
	return done_testing();
}
