/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that hand bytes to a socket. */
#include "preload/call.h"

HOOK ssize_t send(int fd, const void *buffer, size_t n, int flags)
{
	struct call call;
	struct outgoing out;

	if (!call_begin_socket(&call, TRT_CALL_send, fd))
		return REAL(send)(fd, buffer, n, flags);
	call_offer_buffer(&out, &call, buffer, n);
	ssize_t sent = REAL(send)(fd, buffer, n, flags);
	call_sent(&call, sent, flags, &out);
	return sent;
}

HOOK ssize_t sendto(int fd, const void *buffer, size_t n, int flags,
		    const struct sockaddr *address, socklen_t address_bytes)
{
	struct call call;
	struct outgoing out;

	if (!call_begin_socket(&call, TRT_CALL_sendto, fd))
		return REAL(sendto)(fd, buffer, n, flags, address, address_bytes);
	call_offer(&out, &call, &(struct iovec){ (void *)buffer, n }, 1, address, address_bytes);
	ssize_t sent = REAL(sendto)(fd, buffer, n, flags, address, address_bytes);
	call_sent(&call, sent, flags, &out);
	return sent;
}

HOOK ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct call call;
	struct outgoing out;

	if (!call_begin_socket(&call, TRT_CALL_sendmsg, fd))
		return REAL(sendmsg)(fd, message, flags);
	call_offer_message(&out, &call, message);
	ssize_t sent = REAL(sendmsg)(fd, message, flags);
	call_sent(&call, sent, flags, &out);
	return sent;
}

HOOK ssize_t write(int fd, const void *buffer, size_t n)
{
	struct call call;
	struct outgoing out;

	if (!call_begin(&call, TRT_CALL_write, fd))
		return REAL(write)(fd, buffer, n);
	call_offer_buffer(&out, &call, buffer, n);
	ssize_t sent = REAL(write)(fd, buffer, n);
	call_sent(&call, sent, 0, &out);
	return sent;
}

HOOK ssize_t writev(int fd, const struct iovec *buffers, int count)
{
	struct call call;
	struct outgoing out;

	if (!call_begin(&call, TRT_CALL_writev, fd))
		return REAL(writev)(fd, buffers, count);
	call_offer(&out, &call, buffers, (size_t)count, NULL, 0);
	ssize_t sent = REAL(writev)(fd, buffers, count);
	call_sent(&call, sent, 0, &out);
	return sent;
}

/* On sockets the offset has to be -1: the same as writev() with flags (preadv(2)). */
HOOK ssize_t pwritev2(int fd, const struct iovec *buffers, int count, off_t offset, int flags)
{
	struct call call;
	struct outgoing out;

	if (!call_begin(&call, TRT_CALL_pwritev2, fd))
		return REAL(pwritev2)(fd, buffers, count, offset, flags);
	call_offer(&out, &call, buffers, (size_t)count, NULL, 0);
	ssize_t sent = REAL(pwritev2)(fd, buffers, count, offset, flags);
	call_sent(&call, sent, 0, &out);
	return sent;
}

HOOK ssize_t pwritev64v2(int fd, const struct iovec *buffers, int count, off64_t offset, int flags)
{
	struct call call;
	struct outgoing out;

	if (!call_begin(&call, TRT_CALL_pwritev64v2, fd))
		return REAL(pwritev64v2)(fd, buffers, count, offset, flags);
	call_offer(&out, &call, buffers, (size_t)count, NULL, 0);
	ssize_t sent = REAL(pwritev64v2)(fd, buffers, count, offset, flags);
	call_sent(&call, sent, 0, &out);
	return sent;
}
