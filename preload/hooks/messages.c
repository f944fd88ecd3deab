/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that move several messages at once: an event each, of which the first has the duration. */
#include "preload/call.h"
#include "preload/descriptors.h"

HOOK int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_sendmmsg, fd))
		return REAL(sendmmsg)(fd, messages, count, flags);
	int sent = REAL(sendmmsg)(fd, messages, count, flags);
	if (sent <= 0)
		call_data(&call, sent, &(struct data){ .direction = SENT, .flags = flags });
	for (int i = 0; i < sent; i++) {
		struct data data = message_data(SENT, flags, &messages[i].msg_hdr);
		call_data(&call, messages[i].msg_len, &data);
		call_continue(&call);
	}
	return sent;
}

HOOK int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		  struct timespec *timeout)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_recvmmsg, fd))
		return REAL(recvmmsg)(fd, messages, count, flags, timeout);
	int received = REAL(recvmmsg)(fd, messages, count, flags, timeout);
	if (received <= 0)
		call_data(&call, received, &(struct data){ .direction = RECEIVED, .flags = flags });
	for (int i = 0; i < received; i++) {
		struct data data = message_data(RECEIVED, flags, &messages[i].msg_hdr);
		descriptors_received(&messages[i].msg_hdr);
		call_data(&call, messages[i].msg_len, &data);
		call_continue(&call);
	}
	return received;
}
