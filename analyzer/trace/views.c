/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decodes what stands between the events. */
#include "analyzer/trace/views.h"

#include <netinet/tcp.h>

/* In these states the peer's FIN was received, and counts as a byte (RFC 9293, 3.3.2). */
static bool peer_closed(uint32_t state)
{
	return state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING ||
	       state == TCP_TIME_WAIT;
}

bool view_decode(const struct trace *t, const struct trt_record *r, struct kernel_view *view)
{
	const struct trt_kernel *k = (const void *)r;

	if (r->bytes < sizeof(*k) || k->when_ns >= TIME_LIMIT_NS ||
	    k->acknowledged_bytes > INT64_MAX || k->received_bytes > INT64_MAX)
		return false;
	*view = (struct kernel_view){
		.when_ns = trace_time(t, k->when_ns),
		.rtt_us = k->rtt_us ? k->rtt_us : UNKNOWN,
		.min_rtt_us = k->min_rtt_us == UINT32_MAX ? UNKNOWN : k->min_rtt_us,
		.retransmits = k->retransmits,
		.unread_bytes = k->unread_bytes,
		.acknowledged_bytes = k->acknowledged_bytes,
		.received_bytes = k->received_bytes,
		.peer_closed = peer_closed(k->state),
		.our_close_acknowledged = k->state == TCP_FIN_WAIT2 || k->state == TCP_TIME_WAIT,
	};
	return true;
}

bool sample_decode(const struct trace *t, const struct trt_sample *r, struct sample *sample)
{
	if (r->when_ns >= TIME_LIMIT_NS || r->user_ns >= TIME_LIMIT_NS ||
	    r->system_ns >= TIME_LIMIT_NS || r->resident_bytes > INT64_MAX)
		return false;
	*sample = (struct sample){
		.process = &t->process,
		.when_ns = trace_time(t, r->when_ns),
		.cpu_ns = r->user_ns + r->system_ns,
		.resident_bytes = r->resident_bytes ? r->resident_bytes : UNKNOWN,
		.threads = r->threads,
		.connections = r->connections,
	};
	return true;
}
