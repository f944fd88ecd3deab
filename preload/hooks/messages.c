/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that move several messages at once: an event each, of which the first has the duration. */
#include "preload/call.h"
#include "preload/memory.h"

/* Of further messages' contents nothing is kept: a resolver's two questions are what matters. */
#define OFFERS 2

HOOK int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	struct call call;
	struct outgoing out[OFFERS], nothing = { .peer_bytes = 0 };

	if (!call_begin_socket(&call, TRT_CALL_sendmmsg, fd))
		return REAL(sendmmsg)(fd, messages, count, flags);
	for (unsigned int i = 0; i < OFFERS && i < count; i++) {
		struct mmsghdr copy = { 0 };
		memory_copy(&copy, &messages[i], sizeof(copy));
		call_offer_message(&out[i], &call, &copy.msg_hdr);
	}
	int sent = REAL(sendmmsg)(fd, messages, count, flags);
	if (sent <= 0)
		call_sent(&call, sent, flags, &nothing);
	for (int i = 0; i < sent; i++) {
		if (i >= OFFERS)
			call_offer(&nothing, &call, NULL, 0, messages[i].msg_hdr.msg_name,
				   messages[i].msg_hdr.msg_namelen);
		call_sent(&call, messages[i].msg_len, flags, i < OFFERS ? &out[i] : &nothing);
		call_continue(&call);
	}
	return sent;
}

HOOK int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		  struct timespec *timeout)
{
	struct call call;
	struct mmsghdr before = { 0 };

	if (!call_begin_socket(&call, TRT_CALL_recvmmsg, fd))
		return REAL(recvmmsg)(fd, messages, count, flags, timeout);
	/* Callers give all messages the same room for an address. */
	if (count)
		memory_copy(&before, messages, sizeof(before));
	int received = REAL(recvmmsg)(fd, messages, count, flags, timeout);
	if (received <= 0)
		call_received(&call, received, &(struct incoming){ .flags = flags });
	for (int i = 0; i < received; i++) {
		call_received_message(&call, messages[i].msg_len, flags, &messages[i].msg_hdr,
				      before.msg_hdr.msg_namelen);
		call_continue(&call);
	}
	return received;
}
