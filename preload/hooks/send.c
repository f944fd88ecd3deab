/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that hand bytes to a socket. */
#include "preload/call.h"

HOOK ssize_t send(int fd, const void *buffer, size_t n, int flags)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_send, fd))
		return REAL(send)(fd, buffer, n, flags);
	ssize_t sent = REAL(send)(fd, buffer, n, flags);
	call_data(&call, sent, &(struct data){
		.direction = SENT, .flags = flags,
		.buffers = &(struct iovec){ (void *)buffer, n }, .buffer_count = 1 });
	return sent;
}

HOOK ssize_t sendto(int fd, const void *buffer, size_t n, int flags,
		    const struct sockaddr *address, socklen_t address_bytes)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_sendto, fd))
		return REAL(sendto)(fd, buffer, n, flags, address, address_bytes);
	ssize_t sent = REAL(sendto)(fd, buffer, n, flags, address, address_bytes);
	call_data(&call, sent, &(struct data){
		.direction = SENT, .flags = flags,
		.buffers = &(struct iovec){ (void *)buffer, n }, .buffer_count = 1,
		.peer = address, .peer_bytes = address_bytes });
	return sent;
}

HOOK ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_sendmsg, fd))
		return REAL(sendmsg)(fd, message, flags);
	ssize_t sent = REAL(sendmsg)(fd, message, flags);
	struct data data = { .direction = SENT, .flags = flags };
	if (sent >= 0) { /* only then is the message known to be readable */
		data.buffers = message->msg_iov;
		data.buffer_count = message->msg_iovlen;
		data.peer = message->msg_name;
		data.peer_bytes = message->msg_namelen;
	}
	call_data(&call, sent, &data);
	return sent;
}

HOOK ssize_t write(int fd, const void *buffer, size_t n)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_write, fd))
		return REAL(write)(fd, buffer, n);
	ssize_t sent = REAL(write)(fd, buffer, n);
	call_data(&call, sent, &(struct data){
		.direction = SENT,
		.buffers = &(struct iovec){ (void *)buffer, n }, .buffer_count = 1 });
	return sent;
}

HOOK ssize_t writev(int fd, const struct iovec *buffers, int count)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_writev, fd))
		return REAL(writev)(fd, buffers, count);
	ssize_t sent = REAL(writev)(fd, buffers, count);
	call_data(&call, sent, &(struct data){
		.direction = SENT, .buffers = buffers, .buffer_count = (size_t)count });
	return sent;
}
