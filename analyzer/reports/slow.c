/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The slowest round trips: their phases, whom they asked, and who asked. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/reports/excerpt.h"
#include "analyzer/reports/frame.h"
#include "analyzer/reports/trip.h"
#include "analyzer/reports/view.h"
#include "analyzer/util/alloc.h"
#include "analyzer/util/flow.h"
#include "analyzer/util/json.h"
#include "analyzer/util/text.h"
#include "analyzer/util/units.h"

#define FRAMES_SHOWN 5

/* Less than any path's segments hold (IPv6: RFC 8200, section 5; less headers). */
#define SMALL_WRITE_BYTES 1220

/* The slowest so far, in a heap whose root is the fastest of them. */
struct slow {
	struct view view;
	const struct slow_options *options;
	struct round_trip *heap;
	size_t count, room;
	uint64_t above; /* the threshold, kept or not */
	uint64_t left_out; /* as they wait by design */
};

static struct view *create(struct scope *scope, const void *options)
{
	struct slow *s = xcalloc(1, sizeof(*s));

	s->view = (struct view){ &slow_view, scope };
	s->options = options;
	return &s->view;
}

static void release(struct round_trip *t)
{
	for (uint32_t i = 0; i < t->info_count; i++)
		free((void *)t->info[i].text);
	free((void *)t->info);
	free((void *)t->failure);
	free((void *)t->protocol);
	free((void *)t->name);
}

static void destroy(struct view *v)
{
	struct slow *s = (struct slow *)v;

	for (size_t i = 0; i < s->count; i++)
		release(&s->heap[i]);
	free(s->heap);
	free(s);
}

/* Of equally slow ones the earlier counts as slower, so that the result does not depend on luck. */
static bool is_faster(const struct round_trip *a, const struct round_trip *b)
{
	if (a->latency_ns != b->latency_ns)
		return a->latency_ns < b->latency_ns;
	return a->start_ns > b->start_ns;
}

static void swap(struct round_trip *a, struct round_trip *b)
{
	struct round_trip t = *a;
	*a = *b;
	*b = t;
}

static void sift_up(struct slow *s, size_t i)
{
	for (; i && is_faster(&s->heap[i], &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&s->heap[i], &s->heap[(i - 1) / 2]);
}

static void sift_down(struct slow *s)
{
	for (size_t i = 0;;) {
		size_t fastest = i;
		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->count; child++) {
			if (is_faster(&s->heap[child], &s->heap[fastest]))
				fastest = child;
		}
		if (fastest == i)
			return;
		swap(&s->heap[i], &s->heap[fastest]);
		i = fastest;
	}
}

static char *keep_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static struct round_trip keep(const struct round_trip *t)
{
	struct protocol_info *info = xcalloc(t->info_count, sizeof(*info));
	struct round_trip kept = *t;

	for (uint32_t i = 0; i < t->info_count; i++) {
		info[i] = t->info[i];
		info[i].text = keep_text(t->info[i].text);
	}
	kept.info = info;
	kept.failure = keep_text(t->failure);
	kept.protocol = keep_text(t->protocol);
	kept.name = keep_text(t->name);
	return kept;
}

static void trip(struct view *v, const struct round_trip *t)
{
	struct slow *s = (struct slow *)v;

	if (t->latency_ns == UNKNOWN || t->latency_ns < s->options->threshold_ns)
		return;
	if (t->waiting_by_design && !s->options->all) {
		s->left_out++;
		return;
	}
	s->above++;
	if (s->count < s->options->top) {
		s->heap = xgrow(s->heap, s->count, &s->room, sizeof(*s->heap));
		s->heap[s->count++] = keep(t);
		sift_up(s, s->count - 1);
	} else if (is_faster(&s->heap[0], t)) {
		release(&s->heap[0]);
		s->heap[0] = keep(t);
		sift_down(s);
	}
}

static int slowest_first(const void *left, const void *right)
{
	const struct round_trip *a = left, *b = right;

	return is_faster(a, b) ? 1 : is_faster(b, a) ? -1 : 0;
}

static void finish(struct view *v)
{
	struct slow *s = (struct slow *)v;

	if (s->count)
		qsort(s->heap, s->count, sizeof(*s->heap), slowest_first);
}

static bool empty(const struct view *v, char *reason)
{
	const struct slow *s = (const struct slow *)v;
	char text[UNIT_TEXT_BYTES];

	if (s->options->threshold_ns)
		snprintf(reason, EMPTY_TEXT_BYTES, "no round trip took %s or longer",
			 duration_format(s->options->threshold_ns, text));
	else if (s->left_out)
		snprintf(reason, EMPTY_TEXT_BYTES, "%s round trips were answered, which wait by design (--all)",
			 count_format(s->left_out, text));
	else
		snprintf(reason, EMPTY_TEXT_BYTES, "no round trip was answered");
	return s->count == 0;
}

/*
 * A request in several writes, the last one small, on a socket whose small segments are held
 * back until earlier ones are acknowledged (Nagle's algorithm, RFC 896), to a peer that may
 * delay that by 40 to 200 ms on Linux (TCP_DELACK_MIN, TCP_DELACK_MAX): was the answer as
 * late as that, and the network far faster, then this is the likely reason.
 */
static bool was_held_back(const struct round_trip *t, uint64_t min_rtt_us)
{
	bool delayed = (t->wait_ns >= 38000000 && t->wait_ns <= 60000000) ||
		       (t->wait_ns >= 198000000 && t->wait_ns <= 240000000);

	return t->role == ROLE_CLIENT && !t->incomplete && t->may_hold_back &&
	       t->request_calls >= 2 && t->request_last_bytes < SMALL_WRITE_BYTES &&
	       t->wait_ns != UNKNOWN && delayed && min_rtt_us != UNKNOWN &&
	       min_rtt_us * 10000 <= t->wait_ns;
}

static json_t *likely_cause(const struct scope *scope, const struct round_trip *t)
{
	bool held_back = was_held_back(t, model_connection(scope->model, t->connection).min_rtt_us);

	return held_back ? json_string("small_writes") : json_null();
}

/* As `trips --json` has it, and how long connecting took, what the network needs, and why. */
static json_t *json(struct view *v)
{
	const struct slow *s = (struct slow *)v;
	struct jsonline line = { 0 };
	json_t *array = json_array();

	for (size_t i = 0; i < s->count; i++) {
		trip_line(v->scope, &s->heap[i], &line);
		json_t *o = json_loads(line.text, 0, NULL);
		json_object_set_new(o, "connect_ns", json_known(s->heap[i].connect_ns));
		json_object_set_new(o, "rtt_us", json_known(s->heap[i].rtt_us));
		json_object_set_new(o, "likely_cause", likely_cause(v->scope, &s->heap[i]));
		json_array_append_new(array, o);
	}
	jsonline_free(&line);
	return array;
}

static void add_phase(struct flow *f, const char *name, uint64_t ns, uint64_t all_ns)
{
	char text[UNIT_TEXT_BYTES];
	double share = all_ns && ns != UNKNOWN ? (double)ns / (double)all_ns : 0;

	flow_add(f, out_heat(share), "%s %s", name, duration_format(ns, text));
}

static void print_phases(const struct round_trip *t, const struct out *o)
{
	bool server = t->role == ROLE_SERVER;
	struct flow f = flow_new(o, 5, o->utf8 ? " · " : ", ");

	if (t->lookup_ns != UNKNOWN)
		add_phase(&f, "lookup", t->lookup_ns, 0);
	if (t->queue_ns != UNKNOWN)
		add_phase(&f, "queued", t->queue_ns, 0);
	if (t->connect_ns != UNKNOWN)
		add_phase(&f, "connect", t->connect_ns, 0);
	if (t->handshake_ns != UNKNOWN)
		add_phase(&f, "TLS handshake", t->handshake_ns, 0);
	add_phase(&f, server ? "receive" : "send", server ? t->receive_ns : t->send_ns,
		  t->latency_ns);
	add_phase(&f, server ? "serve" : "wait", t->wait_ns, t->latency_ns);
	add_phase(&f, server ? "send" : "receive", server ? t->send_ns : t->receive_ns,
		  t->latency_ns);
	flow_end(&f);
}

/*
 * What the network's own round trip time makes of a round trip that was mostly waiting.
 * The smoothed one (RFC 6298) holds what peers delay acknowledgements, so it is the most
 * that the network needs, and the least one is what it cannot do without: an answer that
 * took ten of the first without a loss was not made by the network, one that took no more
 * than two of the second was.  In between either may be the reason.
 */
static const char *verdict(const struct round_trip *t, uint64_t rtt_us,
			   const struct connection_stats *c)
{
	if (t->wait_ns < t->latency_ns / 2)
		return "";
	if (t->wait_ns >= 10 * 1000 * rtt_us && (c->retransmits == UNKNOWN || !c->retransmits))
		return ": the time was the peer's";
	if (c->min_rtt_us != UNKNOWN && t->wait_ns <= 2 * 1000 * c->min_rtt_us)
		return ": the time was the network's";
	return "";
}

/* "likely cause: small writes, ..." */
static void print_held_back(const struct round_trip *t, const struct out *o)
{
	char calls[UNIT_TEXT_BYTES], last[UNIT_TEXT_BYTES];

	struct flow f = flow_new(o, 5, " ");

	flow_add(&f, STYLE_PLAIN, "likely cause: small writes:");
	flow_add(&f, STYLE_PLAIN, "Nagle's algorithm and a delayed acknowledgement");
	flow_end(&f);
	f = flow_new(o, 8, " ");
	flow_add(&f, STYLE_DIM, "(%s writes, the last of %s, TCP_NODELAY not set:",
		 count_format(t->request_calls, calls), size_format(t->request_last_bytes, last));
	flow_add(&f, STYLE_DIM, "try that, or one write)");
	flow_end(&f);
}

/* "waited 212ms; network RTT 300us: the time was the peer's", if the kernel said so much. */
static void print_network(const struct scope *scope, const struct round_trip *t,
			  const struct out *o)
{
	struct connection_stats c = model_connection(scope->model, t->connection);
	uint64_t rtt_us = t->rtt_us != UNKNOWN ? t->rtt_us : c.rtt_us;
	char wait[UNIT_TEXT_BYTES], rtt[UNIT_TEXT_BYTES], least[UNIT_TEXT_BYTES];
	char number[UNIT_TEXT_BYTES];

	if (t->role != ROLE_CLIENT || t->wait_ns == UNKNOWN || rtt_us == UNKNOWN)
		return;
	fprintf(o->file, "     waited %s; network RTT %s", duration_format(t->wait_ns, wait),
		duration_format(rtt_us * 1000, rtt));
	if (c.min_rtt_us != UNKNOWN)
		fprintf(o->file, " (least %s)", duration_format(c.min_rtt_us * 1000, least));
	if (c.retransmits != UNKNOWN && c.retransmits)
		fprintf(o->file, ", %s segments sent again on this connection",
			count_format(c.retransmits, number));
	if (was_held_back(t, c.min_rtt_us)) {
		fputc('\n', o->file);
		print_held_back(t, o);
		return;
	}
	fprintf(o->file, "%s\n", verdict(t, rtt_us, &c));
}

static void print_where(const struct scope *scope, const struct round_trip *t, const struct out *o)
{
	char moment[UNIT_TEXT_BYTES], sent[UNIT_TEXT_BYTES], received[UNIT_TEXT_BYTES];
	char name[256], id[32];
	const char *who = t->thread && t->thread->name[0] ? t->thread->name : t->process->name;
	struct flow f = flow_new(o, 5, ", ");

	moment_format(t->start_ns - scope->started_ns, 1000, moment);
	flow_add(&f, STYLE_DIM, "at +%s", moment);
	flow_add(&f, STYLE_DIM, "%s %" PRId32, text_clean(who, o->utf8, name, sizeof(name)),
		 t->thread ? t->thread->tid : t->process->pid);
	flow_add(&f, STYLE_DIM, "connection %s", connection_id(scope, t->connection, id, sizeof(id)));
	flow_add(&f, STYLE_DIM, "%s sent", size_format(t->bytes_sent, sent));
	flow_add(&f, STYLE_DIM, "%s received in %" PRIu32 " calls",
		 size_format(t->bytes_received, received), t->calls);
	if (t->encryption == ENCRYPTION_SEEN)
		flow_add(&f, STYLE_DIM, "on the wire %s and %s",
			 size_format(t->wire_bytes_sent, sent),
			 size_format(t->wire_bytes_received, received));
	flow_end(&f);
}

/* "by ask  app.c:12  app", as far as there is room. */
static void print_frame(const struct slow *s, const struct frame *frame, const struct out *o,
			bool innermost, bool marked)
{
	char text[FRAME_TEXT_BYTES], fitted[FRAME_TEXT_BYTES], clean[1024];
	unsigned room = o->width > 8 ? o->width - 8 : 1;

	frame_text(frame, o->utf8, text);
	text_fit(text, room, TEXT_CUT_MIDDLE, o->utf8, fitted, sizeof(fitted));
	fprintf(o->file, "     %s ", innermost ? "by" : "  ");
	out_styled(o, innermost ? STYLE_BOLD : STYLE_PLAIN, "%s", fitted);
	text_clean(frame->function && frame->module ? frame->module : "", o->utf8, clean,
		   sizeof(clean));
	if (*clean && text_columns(fitted) + text_columns(clean) + 2 <= room)
		out_styled(o, STYLE_DIM, "  %s", clean);
	if (marked)
		out_styled(o, STYLE_NAME, "%s", frame_mark(o->utf8));
	fputc('\n', o->file);
	excerpt_print(frame, s->options->source_lines, 8, o);
}

static void print_more_frames(size_t count, const struct frame *outermost, const struct out *o)
{
	char clean[1024], fitted[1024];
	unsigned taken = (unsigned)snprintf(NULL, 0, "        %zu more frames out to  (--full)", count);

	text_clean(outermost->name, o->utf8, clean, sizeof(clean));
	text_fit(clean, o->width > taken ? o->width - taken : 1, TEXT_CUT_MIDDLE, o->utf8, fitted,
		 sizeof(fitted));
	out_styled(o, STYLE_DIM, "        %zu more frames out to %s (--full)\n", count, fitted);
}

/* The number of the first one of the list with this one's stack. */
static size_t first_with_stack(const struct slow *s, size_t number)
{
	size_t i = 0;

	while (s->heap[i].process != s->heap[number].process ||
	       s->heap[i].stack_id != s->heap[number].stack_id ||
	       s->heap[i].language_stack_id != s->heap[number].language_stack_id)
		i++;
	return i;
}

static void print_gap(size_t frames, const struct out *o)
{
	if (frames)
		out_styled(o, STYLE_DIM, "        %zu more frames\n", frames);
}

/* Innermost first: who called send() is what one looks for, and where one's own code did. */
static void print_frames(const struct slow *s, const struct frame *const *frames, size_t count,
			 const struct out *o)
{
	const struct frame *marked = frames_marked(frames, count);
	size_t own = frames_own(frames, count), outer = frames_outer(frames, count);
	size_t left = count; /* not printed, from the outermost on */
	bool all = s->options->full || count - outer <= FRAMES_SHOWN + 1;

	while (left > outer && (all || count - left < FRAMES_SHOWN)) {
		left--;
		print_frame(s, frames[left], o, left + 1 == count, marked && left == own);
	}
	if (marked && own < left) {
		print_gap(left - own - 1, o);
		print_frame(s, marked, o, false, true);
		left = own;
	}
	if (left > outer)
		print_more_frames(left - outer, frames[outer], o);
}

static void print_stack(const struct slow *s, size_t number, const struct out *o)
{
	const struct round_trip *t = &s->heap[number];
	size_t count, same = first_with_stack(s, number);
	const struct frame *const *frames =
		symbols_stack(s->view.scope->symbols, trip_stack(t), &count);

	if (!count) {
		out_styled(o, STYLE_DIM, "     (stack not known)\n");
	} else if (same != number) {
		print_frame(s, frames[count - 1], o, true, false);
		out_styled(o, STYLE_DIM, "        the same stack as %zu.\n", same + 1);
	} else {
		print_frames(s, frames, count, o);
	}
}

static void print_trip(const struct slow *s, size_t i, const struct out *o)
{
	const struct round_trip *t = &s->heap[i];
	char latency[UNIT_TEXT_BYTES], text[TRIP_TEXT_BYTES];

	if (i)
		fputc('\n', o->file);
	out_styled(o, STYLE_BOLD, "%3zu. %s", i + 1, duration_format(t->latency_ns, latency));
	fprintf(o->file, "  %s ", t->role == ROLE_SERVER ? out_pick(o, "←", "<-")
							 : out_pick(o, "→", "->"));
	out_styled(o, STYLE_NAME, "%s", connection_label(t->connection, o->utf8, text, sizeof(text)));
	if (trip_name(t, o->utf8, text, sizeof(text)))
		out_styled(o, STYLE_BOLD, " %s", text);
	out_styled(o, round_trip_failed(t) ? STYLE_BAD : STYLE_GOOD, "  %s", trip_outcome(t));
	fputc('\n', o->file);
	print_phases(t, o);
	print_network(s->view.scope, t, o);
	print_where(s->view.scope, t, o);
	print_stack(s, i, o);
}

static void print(struct view *v, const struct out *o)
{
	const struct slow *s = (struct slow *)v;
	char number[UNIT_TEXT_BYTES], text[UNIT_TEXT_BYTES];

	for (size_t i = 0; i < s->count; i++)
		print_trip(s, i, o);
	if (s->left_out)
		out_styled(o, STYLE_DIM, "\n%s that wait by design left out (--all)\n",
			   count_format(s->left_out, number));
	if (!s->options->threshold_ns || s->above <= s->count)
		return;
	out_styled(o, STYLE_DIM, "\n%s more took %s or longer (--top)\n",
		   count_format(s->above - s->count, number),
		   duration_format(s->options->threshold_ns, text));
}

const struct view_ops slow_view = {
	.name = "slow",
	.create = create,
	.free = destroy,
	.trip = trip,
	.finish = finish,
	.empty = empty,
	.print = print,
	.json = json,
};
