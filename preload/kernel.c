/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the kernel about TCP connections (tcp(7), TCP_INFO). */
#include "preload/kernel.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>

#include "preload/ring.h"
#include "preload/sys.h"
#include "preload/unix_peer.h"

static bool is_tcp(const struct connection *c)
{
	return (c->family == AF_INET || c->family == AF_INET6) && c->socket_type == SOCK_STREAM;
}

/* False if the kernel does not say. */
static bool fill(struct trt_kernel *k, const struct connection *c, int fd, uint64_t now_ns)
{
	struct tcp_info info = { 0 };
	socklen_t bytes = sizeof(info);
	int unread = 0;

	if (!is_tcp(c) || sys(getsockopt, fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0)
		return false;
	if (sys(ioctl, fd, FIONREAD, &unread) != 0)
		unread = 0; /* a listening socket */
	*k = (struct trt_kernel){
		.when_ns = now_ns,
		.rtt_us = info.tcpi_rtt,
		.rtt_variance_us = info.tcpi_rttvar,
		.min_rtt_us = info.tcpi_min_rtt,
		.retransmits = info.tcpi_total_retrans,
		.congestion_window = info.tcpi_snd_cwnd,
		.unacknowledged = info.tcpi_unacked,
		.unsent_bytes = info.tcpi_notsent_bytes,
		.unread_bytes = (uint32_t)unread,
		.acknowledged_bytes = info.tcpi_bytes_acked,
		.received_bytes = info.tcpi_bytes_received,
		.state = info.tcpi_state,
	};
	return true;
}

void kernel_view_now(struct thread *t, struct connection *c, int fd, uint64_t now_ns)
{
	struct trt_kernel k;

	c->kernel_ns = now_ns;
	if (c->family == AF_UNIX)
		unix_peer_ask(c, now_ns);
	if (!fill(&k, c, fd, now_ns))
		return;
	k.head = (struct trt_record){ sizeof(k), TRT_RECORD_KERNEL, 0, c->id };
	struct trt_kernel *place = ring_event(&t->cursor, sizeof(k), t->tid, now_ns);
	if (!place)
		return;
	*place = k;
	ring_commit_note(&t->cursor, sizeof(k));
}

void kernel_last_view(const struct connection *c, int fd, uint64_t now_ns)
{
	struct trt_kernel k;

	if (!fill(&k, c, fd, now_ns))
		return;
	struct trt_record *record = ring_record(sizeof(k));
	if (!record)
		return;
	k.head = *record;
	*(struct trt_kernel *)record = k;
	ring_publish(record, TRT_RECORD_KERNEL_LAST, 0, c->id);
}

/*
 * States after the peer's FIN, which counts as a byte received (RFC 9293, 3.3.2); from
 * netinet/tcp.h, which cannot stand beside linux/tcp.h.
 */
enum { CLOSE_WAIT = 8, LAST_ACK = 9, CLOSING = 11 };

static bool peer_closed(uint8_t state)
{
	return state == CLOSE_WAIT || state == LAST_ACK || state == CLOSING;
}

bool kernel_offsets(struct connection *c, int fd)
{
	struct tcp_info info = { 0 };
	socklen_t bytes = sizeof(info);
	int unread = 0;

	if (!is_tcp(c) || sys(getsockopt, fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0 ||
	    bytes < offsetof(struct tcp_info, tcpi_bytes_retrans) + sizeof(info.tcpi_bytes_retrans) ||
	    sys(ioctl, fd, FIONREAD, &unread) != 0)
		return false;
	/* What was sent again is not new; what was not sent yet was handed over already. */
	c->stream[SENT].bytes = info.tcpi_bytes_sent - info.tcpi_bytes_retrans +
				info.tcpi_notsent_bytes;
	c->stream[RECEIVED].bytes = info.tcpi_bytes_received - peer_closed(info.tcpi_state) -
				    (uint64_t)unread;
	return true;
}
