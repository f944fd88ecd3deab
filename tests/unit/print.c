/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints recordings and round trips. */
#include "tests/unit/print.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* A number that is known and not 0. */
static void print_number(FILE *out, const char *name, uint64_t n)
{
	if (n && n != UNKNOWN)
		fprintf(out, " %s=%" PRIu64, name, n);
}

/* A time, which 0 is as good as any for. */
static void print_time(FILE *out, const char *name, uint64_t ns)
{
	if (ns != UNKNOWN)
		fprintf(out, " %s=%" PRIu64, name, ns);
}

static void print_trip(void *user, const struct round_trip *t)
{
	FILE *out = user;

	fprintf(out, "%s %s connection=%u thread=%d", role_name(t->role), status_name(t->status),
		t->connection->id, t->thread->tid);
	print_number(out, "error", (uint64_t)t->error);
	print_time(out, "start", t->start_ns);
	print_time(out, "end", t->end_ns);
	print_time(out, "latency", t->latency_ns);
	print_time(out, "send", t->send_ns);
	print_time(out, "wait", t->wait_ns);
	print_time(out, "receive", t->receive_ns);
	print_time(out, "blocked", t->blocked_ns);
	print_time(out, "connect", t->connect_ns);
	print_time(out, "lookup", t->lookup_ns);
	print_time(out, "handshake", t->handshake_ns);
	print_time(out, "queue", t->queue_ns);
	print_time(out, "rtt", t->rtt_us);
	print_number(out, "sent", t->bytes_sent);
	print_number(out, "received", t->bytes_received);
	print_time(out, "wire_sent", t->wire_bytes_sent);
	print_time(out, "wire_received", t->wire_bytes_received);
	fputs(t->encryption == ENCRYPTION_UNSEEN ? " encrypted" : "", out);
	print_time(out, "request", t->request_offset);
	print_time(out, "response", t->response_offset);
	print_number(out, "calls", t->calls);
	print_number(out, "stack", t->stack_id);
	fputs(t->incomplete ? " incomplete\n" : "\n", out);
}

static void print_connection_stats(FILE *out, const struct model *m, const struct connection *c)
{
	struct connection_stats s = model_connection(m, c);
	uint64_t unseen, all;

	fprintf(out, "connection %u %s", c->id, role_name(s.role) ? role_name(s.role) : "?");
	print_number(out, "calls", s.calls);
	print_number(out, "sent", s.bytes_sent);
	print_number(out, "received", s.bytes_received);
	print_time(out, "wire_sent", s.wire_bytes_sent);
	print_time(out, "wire_received", s.wire_bytes_received);
	fputs(s.encryption == ENCRYPTION_UNSEEN ? " encrypted" : "", out);
	print_number(out, "unsolicited", s.unsolicited_bytes);
	print_number(out, "trips", s.round_trips);
	print_number(out, "failed", s.failed);
	print_number(out, "pending", s.pending);
	print_number(out, "blocked", s.blocked_ns);
	print_time(out, "first", s.first_ns);
	print_time(out, "last", s.last_ns);
	print_time(out, "rtt", s.rtt_us);
	print_number(out, "retransmits", s.retransmits);
	if (connection_unseen(c, &unseen, &all))
		fprintf(out, " unseen=%" PRIu64 "/%" PRIu64, unseen, all);
	fputs(s.has_stream ? " stdio\n" : "\n", out);
}

static void print_stats(FILE *out, const struct model *m, const struct process *p)
{
	for (size_t i = 0; i < p->connection_count; i++)
		print_connection_stats(out, m, &p->connections[i]);
	for (size_t i = 0; i < p->thread_count; i++) {
		struct thread_stats s = model_thread(m, p->threads[i]);

		fprintf(out, "thread %d", p->threads[i]->tid);
		print_number(out, "calls", s.calls);
		print_number(out, "trips", s.round_trips);
		print_number(out, "blocked", s.blocked_ns);
		print_number(out, "unjoined_calls", s.unjoined.calls);
		print_number(out, "unjoined_sent", s.unjoined.bytes_sent);
		print_number(out, "unjoined_received", s.unjoined.bytes_received);
		fputc('\n', out);
	}
}

struct hearing {
	struct model *model;
	FILE *out;
};

static void hear_view(void *user, struct connection *c, const struct kernel_view *view)
{
	model_view(((struct hearing *)user)->model, c, view);
}

static void hear_sample(void *user, const struct sample *s)
{
	FILE *out = ((struct hearing *)user)->out;

	fprintf(out, "sample pid=%d", s->process->pid);
	print_time(out, "at", s->when_ns);
	print_time(out, "cpu", s->cpu_ns);
	print_time(out, "resident", s->resident_bytes);
	fputc('\n', out);
}

void print_trips(struct recording *r, FILE *out)
{
	struct model *m = model_new(print_trip, out);
	struct hearing hearing = { m, out };
	struct recording_listener listener = { hear_view, hear_sample, &hearing };
	struct process **processes;
	struct event e;
	size_t count;

	recording_listen(r, &listener);
	while (recording_next(r, &e))
		model_feed(m, &e);
	recording_listen(r, NULL);
	model_finish(m);
	processes = recording_processes(r, &count);
	for (size_t i = 0; i < count; i++)
		print_stats(out, m, processes[i]);
	model_free(m);
}

static void print_payload(FILE *out, const char *name, const uint8_t *bytes, uint16_t count)
{
	if (count)
		fprintf(out, " %s=", name);
	for (uint16_t i = 0; i < count; i++)
		fprintf(out, isprint(bytes[i]) ? "%c" : "\\x%02x", bytes[i]);
}

static void print_event(FILE *out, const struct event *e)
{
	fprintf(out, "%d %s", e->thread->tid, call_name(e->call));
	fprintf(out, " connection=%u fd=%d moment=%" PRIu64 " start=%" PRIu64 " duration=%" PRIu64
		     " result=%d",
		e->connection ? e->connection->id : 0, e->fd, e->moment_ns, e->start_ns,
		e->duration_ns, e->result);
	print_number(out, "offset", e->offset);
	print_number(out, "bytes", event_bytes(e));
	print_number(out, "stack", e->stack_id);
	print_number(out, "tries", e->tries);
	print_time(out, "first_try", e->first_try_ns);
	print_number(out, "waited", e->waited_ns);
	print_time(out, "ready", e->ready_ns);
	print_payload(out, "head", e->head, e->head_bytes);
	print_payload(out, "tail", e->tail, e->tail_bytes);
	if (e->sets_option)
		fprintf(out, " %s=%" PRIu64,
			option_name(e->option_level, e->option) ?: "option", e->option_value);
	fputs(e->continued ? " continued" : "", out);
	fputs(e->peek ? " peek\n" : "\n", out);
}

static void print_tls(FILE *out, const struct tls *t)
{
	const char *version = tls_version_name(t->version);

	fprintf(out, " tls %s %s %" PRIu64 "-%" PRIu64, t->library ? t->library : "?",
		version ? version : "?", t->started_ns, t->ended_ns);
	print_number(out, "sent", t->sent_before);
	print_number(out, "received", t->received_before);
	print_number(out, "error", (uint64_t)t->error);
	print_number(out, "stack", t->stack);
	fputs(!t->role_known ? "" : t->server ? " server" : " client", out);
	fputs(!t->resumed_known ? "" : t->resumed ? " resumed" : " full", out);
	fprintf(out, " sni=%s alpn=%s reason=%s", t->server_name ? t->server_name : "",
		t->alpn ? t->alpn : "", t->reason ? t->reason : "");
}

static void print_connection(FILE *out, const struct connection *c)
{
	static const char *const origins[] = { "socket", "accept", "pair",
					       "found",  "forked", "peer" };
	char local[ADDRESS_TEXT_BYTES], remote[ADDRESS_TEXT_BYTES];

	fprintf(out, "connection %u fd=%d %s %s %s -> %s", c->id, c->fd,
		transport_name(c->transport), origins[c->origin],
		address_format(&c->local, local, sizeof(local)),
		address_format(&c->remote, remote, sizeof(remote)));
	if (c->parent)
		fprintf(out, " parent=%d/%u", c->parent->process->pid, c->parent->id);
	print_time(out, "created", c->created_ns);
	print_number(out, "sent_before", c->sent_before);
	print_number(out, "received_before", c->received_before);
	print_time(out, "connect_started", c->connect_started_ns);
	print_time(out, "connect_ended", c->connect_ended_ns);
	print_number(out, "connect_error", (uint64_t)c->connect_error);
	print_time(out, "closed", c->closed_ns);
	print_number(out, "closed_sent", c->closed_sent);
	print_number(out, "closed_received", c->closed_received);
	if (c->host)
		fprintf(out, " host=%s", c->host);
	print_number(out, "cookie", c->cookie);
	print_number(out, "inode", c->inode);
	print_number(out, "peer_inode", c->peer_inode);
	print_number(out, "peer_pid", (uint64_t)c->peer_pid);
	fputs(c->origin == ORIGIN_FOUND && c->offsets_known ? " offsets" : "", out);
	if (c->tls)
		print_tls(out, c->tls);
	fputs(c->shared ? " shared" : "", out);
	fputs(c->datagram ? " datagram\n" : "\n", out);
}

static void print_process(FILE *out, const struct process *p)
{
	fprintf(out, "process %d parent=%d name=%s executable=%s host=%s", p->pid, p->parent_pid,
		p->name, p->executable, p->host_name);
	print_number(out, "network", p->network_namespace);
	print_time(out, "started", p->started_ns);
	print_time(out, "started_realtime", p->started_realtime_ns);
	print_time(out, "ended", p->ended_ns);
	print_time(out, "last", p->last_ns);
	print_number(out, "events", p->events);
	print_number(out, "lost", p->lost_events);
	print_number(out, "overwritten", p->overwritten_events);
	print_number(out, "damaged", p->damaged_chunks);
	fputs("\narguments", out);
	for (size_t i = 0; i < p->argument_count; i++)
		fprintf(out, " %s", p->arguments[i]);
	fputc('\n', out);
	for (size_t i = 0; i < p->lookup_count; i++) {
		const struct lookup *l = &p->lookups[i];

		fprintf(out, "lookup %s tid=%d %" PRIu64 "-%" PRIu64 " result=%d addresses=%zu",
			l->name, l->tid, l->started_ns, l->ended_ns, l->result, l->address_count);
		if (lookup_failed(l))
			fprintf(out, " %s", lookup_error(l->call, l->result));
		if (l->call)
			fprintf(out, " by=%s", call_name(l->call));
		fputs(l->call && l->asked_nobody ? " nobody\n" : "\n", out);
	}
	for (int spot = 0; spot < BLIND_SPOTS; spot++)
		if (p->blind_spots >> spot & 1)
			fprintf(out, "%s\n", blind_spot_words((enum blind_spot)spot));
	for (size_t i = 0; i < p->note_count; i++)
		fprintf(out, "note %s\n", p->notes[i]);
	for (size_t i = 0; i < p->module_count; i++)
		fprintf(out, "module %s %" PRIx64 "-%" PRIx64 " build_id=%u bytes\n",
			p->modules[i].path, p->modules[i].start, p->modules[i].end,
			p->modules[i].build_id_bytes);
	for (size_t i = 0; i < p->thread_count; i++) {
		fprintf(out, "thread %d %s", p->threads[i]->tid, p->threads[i]->name);
		print_time(out, "first", p->threads[i]->first_ns);
		print_time(out, "last", p->threads[i]->last_ns);
		fputc('\n', out);
	}
	for (size_t i = 0; i < p->connection_count; i++)
		print_connection(out, &p->connections[i]);
}

static void print_stack(FILE *out, const struct event *e)
{
	const struct stack *s = process_stack(e->process, e->stack_id);

	if (!s)
		return;
	fputs("  stack", out);
	for (uint32_t i = 0; i < s->depth; i++)
		fprintf(out, " %" PRIx64, s->addresses[i]);
	fputc('\n', out);
}

void print_recording(struct recording *r, FILE *out)
{
	struct process **processes;
	struct event e;
	size_t count;

	processes = recording_processes(r, &count);
	for (size_t i = 0; i < count; i++)
		print_process(out, processes[i]);
	while (recording_next(r, &e)) {
		print_event(out, &e);
		print_stack(out, &e);
	}
	recording_rewind(r);
	print_trips(r, out);
}
