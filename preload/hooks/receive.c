/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that take bytes from a socket. */
#include "preload/call.h"
#include "preload/descriptors.h"
#include "preload/memory.h"

HOOK ssize_t recv(int fd, void *buffer, size_t n, int flags)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_recv, fd))
		return REAL(recv)(fd, buffer, n, flags);
	ssize_t received = REAL(recv)(fd, buffer, n, flags);
	call_received(&call, received, &(struct incoming){ .flags = flags, .buffers = &(struct iovec){ buffer, n },
		.count = 1 });
	return received;
}

HOOK ssize_t __recv_chk(int fd, void *buffer, size_t n, size_t buffer_size, int flags)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL___recv_chk, fd))
		return REAL(__recv_chk)(fd, buffer, n, buffer_size, flags);
	ssize_t received = REAL(__recv_chk)(fd, buffer, n, buffer_size, flags);
	call_received(&call, received, &(struct incoming){ .flags = flags, .buffers = &(struct iovec){ buffer, n },
		.count = 1 });
	return received;
}

/*
 * The sender's address as far as it is in the program's buffer: the kernel returns its
 * full length also where the buffer was shorter (recvfrom(2)).
 */
static void set_peer(struct incoming *in, ssize_t received, const struct sockaddr *address,
		     socklen_t room, socklen_t stored)
{
	if (received < 0 || !address)
		return;
	in->peer = address;
	in->peer_bytes = stored < room ? stored : room;
}

/* What a length that the call will change holds before; 0 if it cannot be read. */
static socklen_t length_before(const socklen_t *bytes)
{
	socklen_t before = 0;

	return bytes && memory_copy(&before, bytes, sizeof(before)) ? before : 0;
}

HOOK ssize_t recvfrom(int fd, void *restrict buffer, size_t n, int flags,
		      struct sockaddr *restrict address, socklen_t *restrict address_bytes)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_recvfrom, fd))
		return REAL(recvfrom)(fd, buffer, n, flags, address, address_bytes);
	socklen_t room = length_before(address_bytes);
	ssize_t received = REAL(recvfrom)(fd, buffer, n, flags, address, address_bytes);
	struct incoming in = { .flags = flags, .buffers = &(struct iovec){ buffer, n }, .count = 1 };
	if (room)
		set_peer(&in, received, address, room, *address_bytes);
	call_received(&call, received, &in);
	return received;
}

HOOK ssize_t __recvfrom_chk(int fd, void *restrict buffer, size_t n, size_t buffer_size, int flags,
			    struct sockaddr *restrict address, socklen_t *restrict address_bytes)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL___recvfrom_chk, fd))
		return REAL(__recvfrom_chk)(fd, buffer, n, buffer_size, flags, address,
					    address_bytes);
	socklen_t room = length_before(address_bytes);
	ssize_t received = REAL(__recvfrom_chk)(fd, buffer, n, buffer_size, flags, address,
						address_bytes);
	struct incoming in = { .flags = flags, .buffers = &(struct iovec){ buffer, n }, .count = 1 };
	if (room)
		set_peer(&in, received, address, room, *address_bytes);
	call_received(&call, received, &in);
	return received;
}

HOOK ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct call call;
	struct msghdr before = { 0 };

	if (!call_begin_socket(&call, TRT_CALL_recvmsg, fd))
		return REAL(recvmsg)(fd, message, flags);
	memory_copy(&before, message, sizeof(before));
	ssize_t received = REAL(recvmsg)(fd, message, flags);
	call_received_message(&call, received, flags, message, before.msg_namelen);
	return received;
}

HOOK ssize_t read(int fd, void *buffer, size_t n)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_read, fd))
		return REAL(read)(fd, buffer, n);
	ssize_t received = REAL(read)(fd, buffer, n);
	call_received(&call, received, &(struct incoming){ .buffers = &(struct iovec){ buffer, n },
		.count = 1 });
	return received;
}

HOOK ssize_t __read_chk(int fd, void *buffer, size_t n, size_t buffer_size)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL___read_chk, fd))
		return REAL(__read_chk)(fd, buffer, n, buffer_size);
	ssize_t received = REAL(__read_chk)(fd, buffer, n, buffer_size);
	call_received(&call, received, &(struct incoming){ .buffers = &(struct iovec){ buffer, n },
		.count = 1 });
	return received;
}

HOOK ssize_t readv(int fd, const struct iovec *buffers, int count)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_readv, fd))
		return REAL(readv)(fd, buffers, count);
	ssize_t received = REAL(readv)(fd, buffers, count);
	call_received(&call, received, &(struct incoming){ .buffers = buffers, .count = (size_t)count });
	return received;
}

/* On sockets the offset has to be -1: the same as readv() with flags (preadv(2)). */
HOOK ssize_t preadv2(int fd, const struct iovec *buffers, int count, off_t offset, int flags)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_preadv2, fd))
		return REAL(preadv2)(fd, buffers, count, offset, flags);
	ssize_t received = REAL(preadv2)(fd, buffers, count, offset, flags);
	call_received(&call, received, &(struct incoming){ .buffers = buffers, .count = (size_t)count });
	return received;
}

HOOK ssize_t preadv64v2(int fd, const struct iovec *buffers, int count, off64_t offset, int flags)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_preadv64v2, fd))
		return REAL(preadv64v2)(fd, buffers, count, offset, flags);
	ssize_t received = REAL(preadv64v2)(fd, buffers, count, offset, flags);
	call_received(&call, received, &(struct incoming){ .buffers = buffers, .count = (size_t)count });
	return received;
}
