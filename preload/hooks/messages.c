/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that move several messages at once: an event each, of which the first has the duration. */
#include "preload/hooks/messages.h"

#include "preload/memory.h"

void messages_offer(struct outgoing out[MESSAGES_OFFERED], struct call *call,
		    const struct mmsghdr *messages, unsigned int count)
{
	for (unsigned int i = 0; i < MESSAGES_OFFERED && i < count; i++) {
		struct mmsghdr copy = { 0 };
		memory_copy(&copy, &messages[i], sizeof(copy));
		call_offer_message(&out[i], call, &copy.msg_hdr);
	}
}

void messages_sent(struct call *call, int sent, int flags, const struct mmsghdr *messages,
		   const struct outgoing out[MESSAGES_OFFERED])
{
	struct outgoing nothing = { .peer_bytes = 0 };

	if (sent < 0)
		call_sent(call, sent, flags, &nothing);
	for (int i = 0; i < sent; i++) {
		if (i >= MESSAGES_OFFERED)
			call_offer(&nothing, call, NULL, 0, messages[i].msg_hdr.msg_name,
				   messages[i].msg_hdr.msg_namelen);
		call_sent(call, messages[i].msg_len, flags,
			  i < MESSAGES_OFFERED ? &out[i] : &nothing);
		call_continue(call);
	}
}

socklen_t messages_address_room(const struct mmsghdr *messages, unsigned int count)
{
	struct mmsghdr first = { 0 };

	if (count)
		memory_copy(&first, messages, sizeof(first));
	return first.msg_hdr.msg_namelen;
}

void messages_received(struct call *call, int received, int flags, const struct mmsghdr *messages,
		       socklen_t address_room)
{
	if (received <= 0)
		call_received(call, received, &(struct incoming){ .flags = flags });
	for (int i = 0; i < received; i++) {
		call_received_message(call, messages[i].msg_len, flags, &messages[i].msg_hdr,
				      address_room);
		call_continue(call);
	}
}

HOOK int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	struct call call;
	struct outgoing out[MESSAGES_OFFERED];

	if (!call_begin_socket(&call, TRT_CALL_sendmmsg, fd))
		return REAL(sendmmsg)(fd, messages, count, flags);
	messages_offer(out, &call, messages, count);
	int sent = REAL(sendmmsg)(fd, messages, count, flags);
	messages_sent(&call, sent, flags, messages, out);
	return sent;
}

HOOK int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		  struct timespec *timeout)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_recvmmsg, fd))
		return REAL(recvmmsg)(fd, messages, count, flags, timeout);
	socklen_t address_room = messages_address_room(messages, count);
	int received = REAL(recvmmsg)(fd, messages, count, flags, timeout);
	messages_received(&call, received, flags, messages, address_room);
	return received;
}
