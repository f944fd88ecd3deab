/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that take bytes from a socket. */
#include "preload/call.h"
#include "preload/descriptors.h"

/* The sender's address, as far as the call stored one. */
static struct data received_from(int flags, const struct iovec *buffer, ssize_t received,
				 const struct sockaddr *address, const socklen_t *address_bytes)
{
	struct data data = { .direction = RECEIVED, .flags = flags, .buffers = buffer,
			     .buffer_count = 1 };

	if (received >= 0 && address && address_bytes &&
	    *address_bytes <= sizeof(struct sockaddr_storage)) {
		data.peer = address;
		data.peer_bytes = *address_bytes;
	}
	return data;
}

HOOK ssize_t recv(int fd, void *buffer, size_t n, int flags)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_recv, fd))
		return REAL(recv)(fd, buffer, n, flags);
	ssize_t received = REAL(recv)(fd, buffer, n, flags);
	call_data(&call, received, &(struct data){
		.direction = RECEIVED, .flags = flags,
		.buffers = &(struct iovec){ buffer, n }, .buffer_count = 1 });
	return received;
}

HOOK ssize_t __recv_chk(int fd, void *buffer, size_t n, size_t buffer_size, int flags)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL___recv_chk, fd))
		return REAL(__recv_chk)(fd, buffer, n, buffer_size, flags);
	ssize_t received = REAL(__recv_chk)(fd, buffer, n, buffer_size, flags);
	call_data(&call, received, &(struct data){
		.direction = RECEIVED, .flags = flags,
		.buffers = &(struct iovec){ buffer, n }, .buffer_count = 1 });
	return received;
}

HOOK ssize_t recvfrom(int fd, void *restrict buffer, size_t n, int flags,
		      struct sockaddr *restrict address, socklen_t *restrict address_bytes)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_recvfrom, fd))
		return REAL(recvfrom)(fd, buffer, n, flags, address, address_bytes);
	ssize_t received = REAL(recvfrom)(fd, buffer, n, flags, address, address_bytes);
	struct iovec b = { buffer, n };
	struct data data = received_from(flags, &b, received, address, address_bytes);
	call_data(&call, received, &data);
	return received;
}

HOOK ssize_t __recvfrom_chk(int fd, void *restrict buffer, size_t n, size_t buffer_size, int flags,
			    struct sockaddr *restrict address, socklen_t *restrict address_bytes)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL___recvfrom_chk, fd))
		return REAL(__recvfrom_chk)(fd, buffer, n, buffer_size, flags, address,
					    address_bytes);
	ssize_t received = REAL(__recvfrom_chk)(fd, buffer, n, buffer_size, flags, address,
						address_bytes);
	struct iovec b = { buffer, n };
	struct data data = received_from(flags, &b, received, address, address_bytes);
	call_data(&call, received, &data);
	return received;
}

HOOK ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_recvmsg, fd))
		return REAL(recvmsg)(fd, message, flags);
	ssize_t received = REAL(recvmsg)(fd, message, flags);
	struct data data = { .direction = RECEIVED, .flags = flags };
	if (received >= 0) {
		data = message_data(RECEIVED, flags, message);
		descriptors_received(message);
	}
	call_data(&call, received, &data);
	return received;
}

HOOK ssize_t read(int fd, void *buffer, size_t n)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_read, fd))
		return REAL(read)(fd, buffer, n);
	ssize_t received = REAL(read)(fd, buffer, n);
	call_data(&call, received, &(struct data){
		.direction = RECEIVED,
		.buffers = &(struct iovec){ buffer, n }, .buffer_count = 1 });
	return received;
}

HOOK ssize_t __read_chk(int fd, void *buffer, size_t n, size_t buffer_size)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL___read_chk, fd))
		return REAL(__read_chk)(fd, buffer, n, buffer_size);
	ssize_t received = REAL(__read_chk)(fd, buffer, n, buffer_size);
	call_data(&call, received, &(struct data){
		.direction = RECEIVED,
		.buffers = &(struct iovec){ buffer, n }, .buffer_count = 1 });
	return received;
}

HOOK ssize_t readv(int fd, const struct iovec *buffers, int count)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_readv, fd))
		return REAL(readv)(fd, buffers, count);
	ssize_t received = REAL(readv)(fd, buffers, count);
	call_data(&call, received, &(struct data){
		.direction = RECEIVED, .buffers = buffers, .buffer_count = (size_t)count });
	return received;
}

/* On sockets the offset has to be -1: the same as readv() with flags (preadv(2)). */
HOOK ssize_t preadv2(int fd, const struct iovec *buffers, int count, off_t offset, int flags)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_preadv2, fd))
		return REAL(preadv2)(fd, buffers, count, offset, flags);
	ssize_t received = REAL(preadv2)(fd, buffers, count, offset, flags);
	call_data(&call, received, &(struct data){
		.direction = RECEIVED, .buffers = buffers, .buffer_count = (size_t)count });
	return received;
}

HOOK ssize_t preadv64v2(int fd, const struct iovec *buffers, int count, off64_t offset, int flags)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_preadv64v2, fd))
		return REAL(preadv64v2)(fd, buffers, count, offset, flags);
	ssize_t received = REAL(preadv64v2)(fd, buffers, count, offset, flags);
	call_data(&call, received, &(struct data){
		.direction = RECEIVED, .buffers = buffers, .buffer_count = (size_t)count });
	return received;
}
