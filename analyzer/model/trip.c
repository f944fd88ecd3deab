/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times and sizes of one round trip. */
#include "analyzer/model/trip.h"

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * Of the time from the start of the waits before a call to its end, what lies
 * behind the start of the round trip: a server's wait for a request is not part of it,
 * nor is a reading thread's for the answer to a question that was not yet asked.
 */
uint64_t trip_blocked_ns(const struct trip *t, const struct event *e, uint64_t waited_ns)
{
	uint64_t end = event_end_ns(e), start = t->first_ns[t->request];

	if (end <= start)
		return 0;
	return least(event_blocked_ns(e), end - start) +
	       (e->start_ns > start ? least(waited_ns, e->start_ns - start) : 0);
}

void trip_block(struct trip *t, const struct event *e, uint64_t waited_ns)
{
	t->blocked_ns += trip_blocked_ns(t, e, waited_ns);
}

void trip_add_call(struct trip *t, const struct event *e, uint64_t waited_ns, bool blocked)
{
	if (blocked)
		trip_block(t, e, waited_ns);
	t->calls++;
	if (e->result > 0 && event_direction(e) == t->request) {
		t->request_calls++;
		t->request_last_bytes = (uint64_t)e->result;
	}
}

/*
 * When the first bytes that a call received were there: a response's at the moment a
 * wait reported them, if that lies between the request and the end of the call.  A
 * request's time begins when it was read; before that it was queued.
 */
static uint64_t arrived_ns(const struct trip *t, const struct piece *p, const struct passage *a)
{
	uint64_t asked = t->last_ns[t->request];

	if (p->direction == t->request || asked == UNKNOWN || a->ready_ns == UNKNOWN)
		return a->end_ns;
	return a->ready_ns >= asked && a->ready_ns <= a->end_ns ? a->ready_ns : a->end_ns;
}

/*
 * The bytes of a send are handed to the kernel from its start on, and all are when
 * it returns; those of a receive are there when it returns.
 */
void trip_add_piece(struct trip *t, const struct piece *p, const struct event *e,
		    const struct passage *passage)
{
	uint64_t end = event_end_ns(e);
	uint64_t *first = &t->first_ns[p->direction], *last = &t->last_ns[p->direction];

	if (*first == UNKNOWN) {
		*first = p->direction == DIRECTION_SENT ? passage->start_ns :
							  arrived_ns(t, p, passage);
		t->offset[p->direction] = p->offset;
		if (p->direction == DIRECTION_RECEIVED && t->request == DIRECTION_RECEIVED &&
		    passage->ready_ns <= passage->start_ns)
			t->queue_ns = passage->start_ns - passage->ready_ns;
	}
	if (*last == UNKNOWN || end > *last)
		*last = end;
	t->bytes[p->direction] += p->bytes;
}

/* b - a, and 0 where two threads' calls overlapped. */
static uint64_t between(uint64_t a, uint64_t b)
{
	return b > a ? b - a : 0;
}

/*
 *	client   first sent      last sent    first received     last received
 *	             |--- send ------|------ wait ------|---- receive ----|
 *	             |---------------------- latency ---------------------|
 *
 *	server   first received  last received   first sent          last sent
 *	             |-- receive ----|------ wait ------|------ send -----|
 *	                             |------------- latency --------------|
 *
 * A response may come before the call that sent the request has returned: then the
 * request's last byte was sent when the response came, at the latest.
 */
static void describe_times(const struct trip *t, struct round_trip *r)
{
	enum direction request = t->request, response = trip_response(t);
	uint64_t *request_ns = request == DIRECTION_SENT ? &r->send_ns : &r->receive_ns;
	uint64_t *response_ns = request == DIRECTION_SENT ? &r->receive_ns : &r->send_ns;
	uint64_t asked = t->last_ns[request];

	if (!t->answered) {
		if (t->bytes[request])
			*request_ns = between(t->first_ns[request], asked);
		return;
	}
	if (asked > t->first_ns[response])
		asked = t->first_ns[response];
	*request_ns = between(t->first_ns[request], asked);
	r->wait_ns = between(asked, t->first_ns[response]);
	r->end_ns = t->last_ns[response];
	if (t->status != STATUS_OK && t->status != STATUS_FAILED)
		return;
	*response_ns = between(t->first_ns[response], t->last_ns[response]);
	r->latency_ns = between(request == DIRECTION_SENT ? t->first_ns[request] : asked,
				t->last_ns[response]);
}

void trip_describe(const struct trip *t, const struct connection *c, bool certain,
		   struct round_trip *r)
{
	const struct label *label = t->label;

	/* Every member is named, as in new_trip(). */
	*r = (struct round_trip){
		.process = c->process,
		.connection = c,
		.thread = t->thread,
		.role = t->request == DIRECTION_SENT ? ROLE_CLIENT : ROLE_SERVER,
		.status = t->status,
		.error = t->error,
		.start_ns = t->first_ns[t->request],
		.end_ns = UNKNOWN,
		.latency_ns = UNKNOWN,
		.send_ns = UNKNOWN,
		.wait_ns = UNKNOWN,
		.receive_ns = UNKNOWN,
		.blocked_ns = certain ? t->blocked_ns : UNKNOWN,
		.connect_ns = t->connect_ns,
		.lookup_ns = t->lookup_ns,
		.handshake_ns = t->handshake_ns,
		.queue_ns = t->queue_ns,
		.rtt_us = t->rtt_us,
		.bytes_sent = t->bytes[DIRECTION_SENT],
		.bytes_received = t->bytes[DIRECTION_RECEIVED],
		.wire_bytes_sent = t->wire_bytes[DIRECTION_SENT],
		.wire_bytes_received = t->wire_bytes[DIRECTION_RECEIVED],
		.encryption = t->encryption,
		.request_offset = t->offset[t->request],
		.response_offset = t->answered ? t->offset[trip_response(t)] : UNKNOWN,
		.calls = t->calls,
		.request_calls = t->request_calls,
		.request_last_bytes = t->request_last_bytes,
		.may_hold_back = t->may_hold_back,
		.stack_id = t->stack_id,
		.language_stack_id = t->language_stack_id,
		.protocol = t->protocol ? t->protocol->name : NULL,
		.name = label ? label->name : NULL,
		.failure = label && t->status == STATUS_FAILED ? label->failure : NULL,
		.waiting_by_design = t->waits,
		.info = label ? label->info : NULL,
		.info_count = label ? label->info_count : 0,
		.incomplete = !certain,
	};
	if (certain)
		describe_times(t, r);
}
