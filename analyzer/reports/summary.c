/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole recording in one screen. */
#include "analyzer/reports/view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/reports/lookups.h"
#include "analyzer/reports/losses.h"
#include "analyzer/reports/tally.h"
#include "analyzer/reports/tls.h"
#include "analyzer/reports/unseen.h"
#include "analyzer/reports/usage.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/flow.h"
#include "analyzer/util/json.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

#define LABEL_COLUMNS 16

/* What the summary counts beside round trips. */
struct totals {
	uint64_t processes, threads, connections;
	uint64_t calls, bytes_sent, bytes_received, blocked_ns;
	uint64_t wire_bytes_sent, wire_bytes_received;
	bool has_wire; /* TLS that is seen */
};

struct summary {
	struct view view;
	struct tally asked, served; /* served: as a server */
	struct tally all;           /* both, once all is read */
	struct latency *connect; /* all that ended, in whatever way */
	uint64_t connect_failed;
	struct lookups lookups;
	struct handshakes handshakes;
	struct usage usage;
	struct unseen unseen;
	struct totals totals;
};

static struct view *create(struct scope *scope, const void *options)
{
	struct summary *s = xcalloc(1, sizeof(*s));

	s->view = (struct view){ &summary_view, scope };
	s->all.latency = latency_new();
	s->connect = latency_new();
	lookups_init(&s->lookups);
	handshakes_init(&s->handshakes);
	usage_init(&s->usage, 0, 0, 0);
	return &s->view;
}

static void destroy(struct view *v)
{
	struct summary *s = (struct summary *)v;

	tally_clear(&s->all);
	tally_clear(&s->asked);
	tally_clear(&s->served);
	latency_free(s->connect);
	lookups_free(&s->lookups);
	handshakes_free(&s->handshakes);
	usage_free(&s->usage);
	unseen_free(&s->unseen);
	free(s);
}

static void trip(struct view *v, const struct round_trip *t)
{
	struct summary *s = (struct summary *)v;

	tally_add(t->role == ROLE_SERVER ? &s->served : &s->asked, t);
}

static void sample(struct view *v, const struct sample *s)
{
	usage_add(&((struct summary *)v)->usage, s);
}

static void add_connection(struct summary *s, const struct connection *c)
{
	struct scope *scope = s->view.scope;
	struct connection_stats stats = model_connection(scope->model, c);

	s->totals.connections++;
	unseen_add(&s->unseen, scope, c);
	s->totals.calls += stats.calls;
	s->totals.bytes_sent += stats.bytes_sent;
	s->totals.bytes_received += stats.bytes_received;
	s->totals.blocked_ns += stats.blocked_ns;
	if (stats.encryption == ENCRYPTION_SEEN) {
		s->totals.has_wire = true;
		s->totals.wire_bytes_sent += stats.wire_bytes_sent;
		s->totals.wire_bytes_received += stats.wire_bytes_received;
	}
	handshakes_add(&s->handshakes, c);
	if (c->connect_started_ns == UNKNOWN)
		return;
	s->connect_failed += c->connect_error != 0;
	/* A refusal took its time, too. */
	if (c->connect_ended_ns != UNKNOWN)
		latency_add(s->connect, c->connect_ended_ns - c->connect_started_ns);
}

static void add_process(struct summary *s, const struct process *p)
{
	struct filter *filter = s->view.scope->filter;

	s->totals.processes++;
	for (size_t i = 0; i < p->connection_count; i++) {
		if (filter_connection(filter, &p->connections[i]))
			add_connection(s, &p->connections[i]);
	}
	for (size_t i = 0; i < p->lookup_count; i++)
		lookups_add(&s->lookups, &p->lookups[i]);
	for (size_t i = 0; i < p->thread_count; i++) {
		if (!filter_thread(filter, p->threads[i]))
			continue;
		s->totals.threads++;
		unseen_add_thread(&s->unseen, s->view.scope, p->threads[i]);
	}
}

/*
 * Threads that are blocked in waits on several connections at a time are counted
 * once, so without --peer the threads' time is the right one.
 */
static uint64_t blocked_threads_ns(const struct scope *scope)
{
	uint64_t sum = 0;
	size_t count;
	struct process **processes = recording_processes(scope->recording, &count);

	for (size_t i = 0; i < count; i++) {
		const struct process *p = processes[i];
		for (size_t j = 0; j < p->thread_count; j++) {
			if (filter_thread(scope->filter, p->threads[j]))
				sum += model_thread(scope->model, p->threads[j]).blocked_ns;
		}
	}
	return sum;
}

static void finish(struct view *v)
{
	struct summary *s = (struct summary *)v;
	const struct scope *scope = v->scope;
	size_t count;
	struct process **processes = recording_processes(scope->recording, &count);

	for (size_t i = 0; i < count; i++) {
		if (filter_process(scope->filter, processes[i]))
			add_process(s, processes[i]);
	}
	tally_merge(&s->all, &s->asked);
	tally_merge(&s->all, &s->served);
	if (!scope->filter->peers.count)
		s->totals.blocked_ns = blocked_threads_ns(scope);
	if (!filter_is_by_trip(scope->filter))
		return;
	/* The filter chose round trips, not connections: count what belongs to them. */
	s->totals.calls = s->all.calls;
	s->totals.bytes_sent = s->all.bytes_sent;
	s->totals.bytes_received = s->all.bytes_received;
	s->totals.has_wire = s->all.has_wire;
	s->totals.wire_bytes_sent = s->all.wire_bytes_sent;
	s->totals.wire_bytes_received = s->all.wire_bytes_received;
	s->totals.blocked_ns = s->all.blocked_ns;
}

/* The wall clock when the recording started, by its first process. */
static uint64_t started_realtime_ns(const struct scope *scope)
{
	size_t count;
	struct process **processes = recording_processes(scope->recording, &count);

	return count ? processes[0]->started_realtime_ns : UNKNOWN;
}

/* RFC 3339 with milliseconds, in UTC. */
static json_t *started_at(const struct scope *scope)
{
	uint64_t realtime_ns = started_realtime_ns(scope);
	time_t seconds = (time_t)(realtime_ns / 1000000000);
	char date[64], text[96];
	struct tm parts;

	if (realtime_ns == UNKNOWN || !gmtime_r(&seconds, &parts) ||
	    !strftime(date, sizeof(date), "%FT%T", &parts))
		return json_null();
	snprintf(text, sizeof(text), "%s.%03uZ", date,
		 (unsigned)(realtime_ns / 1000000 % 1000));
	return json_string(text);
}

/* Those of each process, once. */
static json_t *all_blind_spots(const struct scope *scope)
{
	size_t count;
	struct process **processes = recording_processes(scope->recording, &count);
	struct process all = { 0 };

	for (size_t i = 0; i < count; i++)
		if (filter_process(scope->filter, processes[i]))
			all.blind_spots |= processes[i]->blind_spots;
	return blind_spots_json(&all);
}

/* null if there was no TLS, or none that is seen. */
static json_t *wire_json(const struct summary *s, uint64_t bytes)
{
	return json_known(s->totals.has_wire ? bytes : UNKNOWN);
}

static json_t *tls_totals(const struct summary *s)
{
	const struct unseen *u = &s->unseen;
	json_t *o = json_object();

	json_object_set_new(o, "handshakes", json_known(latency_count(s->handshakes.latency)));
	json_object_set_new(o, "failed", json_known(s->handshakes.failed));
	json_object_set_new(o, "resumed", json_known(s->handshakes.resumed));
	json_object_set_new(o, "unseen_connections", json_known(u->encrypted_count));
	json_object_set_new(o, "unseen_plaintext_connections", json_known(u->mute_count));
	json_object_set_new(o, "unjoined_calls", json_known(u->unjoined_calls));
	json_object_set_new(o, "unjoined_bytes_sent", json_known(u->unjoined_bytes_sent));
	json_object_set_new(o, "unjoined_bytes_received", json_known(u->unjoined_bytes_received));
	return o;
}

static json_t *json(struct view *v)
{
	struct summary *s = (struct summary *)v;
	const struct scope *scope = v->scope;
	struct losses losses = losses_of(scope->recording);
	json_t *o = json_object();

	json_object_set_new(o, "started_at", started_at(scope));
	json_object_set_new(o, "duration_ns", json_known(scope->ended_ns - scope->started_ns));
	json_object_set_new(o, "processes", json_known(s->totals.processes));
	json_object_set_new(o, "threads", json_known(s->totals.threads));
	json_object_set_new(o, "connections", json_known(s->totals.connections));
	json_object_set_new(o, "round_trips", json_known(s->all.round_trips));
	json_object_set_new(o, "failed", json_known(s->all.failed));
	json_object_set_new(o, "pending", json_known(s->all.pending));
	json_object_set_new(o, "calls", json_known(s->totals.calls));
	json_object_set_new(o, "bytes_sent", json_known(s->totals.bytes_sent));
	json_object_set_new(o, "bytes_received", json_known(s->totals.bytes_received));
	json_object_set_new(o, "wire_bytes_sent", wire_json(s, s->totals.wire_bytes_sent));
	json_object_set_new(o, "wire_bytes_received", wire_json(s, s->totals.wire_bytes_received));
	json_object_set_new(o, "lost_events", json_known(losses.events));
	json_object_set_new(o, "overwritten_events", json_known(losses.overwritten));
	json_object_set_new(o, "blocked_ns", json_known(s->totals.blocked_ns));
	json_object_set_new(o, "latency_ns", json_latency(s->all.latency));
	json_object_set_new(o, "connect_ns", json_latency(s->connect));
	json_object_set_new(o, "lookup_ns", json_latency(s->lookups.latency));
	json_object_set_new(o, "failed_lookups", lookups_failures_json(&s->lookups));
	json_object_set_new(o, "handshake_ns", json_latency(s->handshakes.latency));
	json_object_set_new(o, "tls", tls_totals(s));
	json_object_set_new(o, "cpu_ns", json_known(usage_cpu_ns(&s->usage)));
	json_object_set_new(o, "resident_bytes_max", json_known(s->usage.resident_bytes_max));
	json_object_set_new(o, "unseen_bytes",
			    json_known(s->unseen.compared ? s->unseen.bytes : UNKNOWN));
	json_object_set_new(o, "blind_spots", all_blind_spots(scope));
	return o;
}

static void print_label(const struct out *o, const char *label)
{
	out_styled(o, STYLE_DIM, "  %-*s", LABEL_COLUMNS - 2, label);
}

/* "redis-benchmark -p 6379 …", and how many processes more. */
static void print_command(const struct scope *scope, const struct out *o)
{
	char raw[4096], clean[4096], fitted[4096];
	size_t count;
	struct process **processes = recording_processes(scope->recording, &count);

	process_command(processes[0], raw, sizeof(raw));
	text_clean(raw, o->utf8, clean, sizeof(clean));
	out_styled(o, STYLE_BOLD, "%s",
		   text_fit(clean, o->width, TEXT_CUT_END, o->utf8, fitted, sizeof(fitted)));
	fputc('\n', o->file);
}

/* A count of things, one of which is called name; plural: what follows the name of several. */
static void add_count(struct flow *f, uint64_t count, const char *name, const char *plural)
{
	char number[UNIT_TEXT_BYTES];

	flow_add(f, STYLE_PLAIN, "%s %s%s", count_format(count, number), name,
		 count == 1 ? "" : plural);
}

static void print_when(const struct summary *s, const struct out *o)
{
	const struct scope *scope = s->view.scope;
	char date[64], took[UNIT_TEXT_BYTES];
	uint64_t realtime_ns = started_realtime_ns(scope);
	time_t seconds = (time_t)(realtime_ns / 1000000000);
	struct flow f = flow_new(o, 0, ", ");
	struct tm parts;

	if (realtime_ns != UNKNOWN && localtime_r(&seconds, &parts) &&
	    strftime(date, sizeof(date), "%F %T", &parts))
		flow_add(&f, STYLE_PLAIN, "%s", date);
	flow_add(&f, STYLE_PLAIN, "%s", duration_format(scope->ended_ns - scope->started_ns, took));
	add_count(&f, s->totals.processes, "process", "es");
	add_count(&f, s->totals.threads, "thread", "s");
	add_count(&f, s->totals.connections, "connection", "s");
	flow_end(&f);
	fputc('\n', o->file);
}

static void print_quantity(const struct out *o, const char *name, uint64_t value)
{
	char number[UNIT_TEXT_BYTES];

	fprintf(o->file, "%s%s", name, value ? "" : "0");
	if (value)
		out_styled(o, STYLE_BAD, "%s", count_format(value, number));
}

static void print_round_trips(const struct summary *s, const struct out *o)
{
	double seconds = (double)(s->view.scope->ended_ns - s->view.scope->started_ns) / 1e9;
	char number[UNIT_TEXT_BYTES];

	print_label(o, "round trips");
	out_styled(o, STYLE_BOLD, "%s", count_format(s->all.round_trips, number));
	if (seconds > 0 && s->all.round_trips)
		fprintf(o->file, " (%s/s)",
			count_format((uint64_t)((double)s->all.round_trips / seconds + 0.5), number));
	print_quantity(o, ", failed ", s->all.failed);
	print_quantity(o, ", pending ", s->all.pending);
	fputc('\n', o->file);
}

/* Time spent, and its share of the run where one thread makes that a share. */
static void print_time(const struct summary *s, const struct out *o, const char *label,
		       uint64_t ns, const char *what)
{
	uint64_t run_ns = s->view.scope->ended_ns - s->view.scope->started_ns;
	char text[UNIT_TEXT_BYTES], share[UNIT_TEXT_BYTES];

	print_label(o, label);
	fprintf(o->file, "%s %s", duration_format(ns, text), what);
	if (s->totals.threads == 1)
		fprintf(o->file, ", %s of the run",
			percent_format((double)ns, (double)run_ns, share));
	fputc('\n', o->file);
}

static void print_latency(const struct out *o, const char *label, struct latency *l)
{
	static const struct {
		const char *name;
		double quantile;
	} quantiles[] = {
		{ "p50", 0.5 }, { "p90", 0.9 }, { "p95", 0.95 }, { "p99", 0.99 }, { "p99.9", 0.999 },
	};
	char a[UNIT_TEXT_BYTES], b[UNIT_TEXT_BYTES];

	if (!latency_count(l))
		return;
	print_label(o, label);
	fprintf(o->file, "mean %s %s %s, min %s\n", duration_format((uint64_t)latency_mean_ns(l), a),
		out_pick(o, "±", "+-"), duration_format((uint64_t)latency_stdev_ns(l), b),
		duration_format(latency_min_ns(l), (char[UNIT_TEXT_BYTES]){ 0 }));
	struct flow f = flow_new(o, LABEL_COLUMNS, "  ");
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		flow_add(&f, STYLE_PLAIN, "%s %s", quantiles[i].name,
			 duration_format(latency_quantile_ns(l, quantiles[i].quantile), a));
	flow_add(&f, STYLE_PLAIN, "max %s", duration_format(latency_max_ns(l), a));
	flow_end(&f);
}

static void print_connects(const struct summary *s, const struct out *o)
{
	char number[UNIT_TEXT_BYTES], mean[UNIT_TEXT_BYTES], max[UNIT_TEXT_BYTES];
	uint64_t count = latency_count(s->connect);

	if (!count && !s->connect_failed)
		return;
	print_label(o, "connect");
	fprintf(o->file, "%s ended", count_format(count, number));
	if (count)
		fprintf(o->file, ", mean %s, max %s",
			duration_format((uint64_t)latency_mean_ns(s->connect), mean),
			duration_format(latency_max_ns(s->connect), max));
	print_quantity(o, ", failed ", s->connect_failed);
	fputc('\n', o->file);
}

static void print_lookups(struct summary *s, const struct out *o)
{
	char number[UNIT_TEXT_BYTES], mean[UNIT_TEXT_BYTES], max[UNIT_TEXT_BYTES];
	struct latency *l = s->lookups.latency;

	if (!latency_count(l))
		return;
	print_label(o, "name lookup");
	fprintf(o->file, "%s, mean %s, max %s", count_format(latency_count(l), number),
		duration_format((uint64_t)latency_mean_ns(l), mean),
		duration_format(latency_max_ns(l), max));
	print_quantity(o, ", failed ", s->lookups.failed);
	fputc('\n', o->file);
	lookups_print_failures(&s->lookups, o, LABEL_COLUMNS);
}

/* Between samples, which calls bring about: a process that makes none is not sampled. */
static void print_usage(const struct summary *s, const struct out *o)
{
	const struct usage *u = &s->usage;
	char a[UNIT_TEXT_BYTES], b[UNIT_TEXT_BYTES];

	if (u->covered_ns > 0) {
		print_label(o, "cpu");
		fprintf(o->file, "mean %s, max %s of one processor%s\n",
			percent_format(u->cpu_ns, u->covered_ns, a),
			percent_format(u->cpu_share_max, 1, b),
			s->totals.processes > 1 ? ", by process" : "");
	}
	if (u->resident_bytes_max == UNKNOWN)
		return;
	print_label(o, "memory");
	if (u->covered_ns > 0)
		fprintf(o->file, "mean %s, ",
			size_format((uint64_t)(u->resident_sum / u->covered_ns), a));
	fprintf(o->file, "max %s resident%s\n", size_format(u->resident_bytes_max, b),
		s->totals.processes > 1 ? ", by process" : "");
}

static void print_traffic(const struct summary *s, const struct out *o)
{
	char a[UNIT_TEXT_BYTES], b[UNIT_TEXT_BYTES];

	print_label(o, "calls");
	fprintf(o->file, "%s on sockets\n", count_format(s->totals.calls, a));
	print_label(o, "bytes");
	fprintf(o->file, "%s sent, %s received\n", size_format(s->totals.bytes_sent, a),
		size_format(s->totals.bytes_received, b));
	if (!s->totals.has_wire)
		return;
	print_label(o, "on the wire");
	fprintf(o->file, "%s sent, %s received with TLS\n",
		size_format(s->totals.wire_bytes_sent, a),
		size_format(s->totals.wire_bytes_received, b));
}

static void print(struct view *v, const struct out *o)
{
	struct summary *s = (struct summary *)v;

	print_command(v->scope, o);
	print_when(s, o);
	print_round_trips(s, o);
	if (s->asked.latency || !s->served.latency)
		print_time(s, o, "waiting", tally_total_ns(&s->asked), "for answers");
	if (s->served.latency)
		print_time(s, o, "serving", tally_total_ns(&s->served), "from request to answer");
	print_time(s, o, "blocked", s->totals.blocked_ns, "in calls and waits");
	if (s->asked.latency)
		print_latency(o, "latency", s->asked.latency);
	if (s->served.latency)
		print_latency(o, "service time", s->served.latency);
	print_lookups(s, o);
	print_connects(s, o);
	if (latency_count(s->handshakes.latency)) {
		print_label(o, "TLS");
		handshakes_print(&s->handshakes, o, LABEL_COLUMNS);
	}
	print_traffic(s, o);
	print_usage(s, o);
	unseen_print(&s->unseen, v->scope, o);
}

const struct view_ops summary_view = {
	.name = "summary",
	.says_when_empty = true,
	.create = create,
	.free = destroy,
	.trip = trip,
	.sample = sample,
	.finish = finish,
	.print = print,
	.json = json,
};
