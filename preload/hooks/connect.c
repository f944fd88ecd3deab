/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that make sockets, connect them and shut them down. */
#include "preload/call.h"

HOOK int socket(int family, int type, int protocol)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_socket, -1))
		return REAL(socket)(family, type, protocol);
	int fd = REAL(socket)(family, type, protocol);
	if (fd >= 0) {
		uint64_t end_ns = clock_ns();
		call_made(&call, fd, connection_new(fd, TRT_ORIGIN_SOCKET, family, type, protocol,
						    end_ns), end_ns);
	}
	return fd;
}

HOOK int socketpair(int family, int type, int protocol, int fds[2])
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_socketpair, -1))
		return REAL(socketpair)(family, type, protocol, fds);
	int result = REAL(socketpair)(family, type, protocol, fds);
	if (result != 0)
		return result;
	/* One call, one event: it stands with the first of the two connections. */
	uint64_t end_ns = clock_ns();
	call.fd = fds[0];
	call_made(&call, result, connection_new_pair(fds, family, type, protocol, end_ns), end_ns);
	return result;
}

HOOK int connect(int fd, const struct sockaddr *address, socklen_t address_bytes)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_connect, fd))
		return REAL(connect)(fd, address, address_bytes);
	int result = REAL(connect)(fd, address, address_bytes);
	call_connect(&call, result, address, address_bytes);
	return result;
}

static void end_accept(const struct call *call, int fd)
{
	uint64_t end_ns = clock_ns();

	if (fd < 0)
		call_failed(call);
	else
		call_made(call, fd, connection_accepted(call->connection, fd, end_ns), end_ns);
}

HOOK int accept(int fd, struct sockaddr *restrict address, socklen_t *restrict address_bytes)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_accept, fd))
		return REAL(accept)(fd, address, address_bytes);
	int accepted = REAL(accept)(fd, address, address_bytes);
	end_accept(&call, accepted);
	return accepted;
}

HOOK int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict address_bytes,
		 int flags)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_accept4, fd))
		return REAL(accept4)(fd, address, address_bytes, flags);
	int accepted = REAL(accept4)(fd, address, address_bytes, flags);
	end_accept(&call, accepted);
	return accepted;
}

HOOK int shutdown(int fd, int how)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_shutdown, fd))
		return REAL(shutdown)(fd, how);
	int result = REAL(shutdown)(fd, how);
	call_other(&call, result);
	return result;
}
