/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that make sockets and connect them. */
#include "preload/call.h"

HOOK int socket(int family, int type, int protocol)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_socket, -1))
		return REAL(socket)(family, type, protocol);
	int fd = REAL(socket)(family, type, protocol);
	if (fd >= 0)
		call_made(&call, fd, connection_new(fd, TRT_ORIGIN_SOCKET, family, type, protocol,
						    call.start_ns));
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
	struct connection *first = connection_new(fds[0], TRT_ORIGIN_PAIR, family, type, protocol,
						  call.start_ns);
	connection_new(fds[1], TRT_ORIGIN_PAIR, family, type, protocol, call.start_ns);
	call.fd = fds[0];
	call_made(&call, result, first);
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

/* A new connection at a listening socket; address as the call stored it. */
static void end_accept(const struct call *call, int fd, const struct sockaddr *address,
		       const socklen_t *address_bytes)
{
	struct connection *listener = call->connection;
	bool has_address = address && address_bytes &&
			   *address_bytes <= sizeof(struct sockaddr_storage);

	struct connection *c = connection_new(fd, TRT_ORIGIN_ACCEPT, listener->family,
					      listener->socket_type, (int)listener->protocol,
					      clock_ns());
	if (c)
		connection_describe(c, fd, has_address ? address : NULL,
				    has_address ? *address_bytes : 0, c->created_ns);
	call_made(call, fd, c);
}

HOOK int accept(int fd, struct sockaddr *restrict address, socklen_t *restrict address_bytes)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_accept, fd))
		return REAL(accept)(fd, address, address_bytes);
	int accepted = REAL(accept)(fd, address, address_bytes);
	if (accepted >= 0)
		end_accept(&call, accepted, address, address_bytes);
	else
		call_failed(&call);
	return accepted;
}

HOOK int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict address_bytes,
		 int flags)
{
	struct call call;

	if (!call_begin_socket(&call, TRT_CALL_accept4, fd))
		return REAL(accept4)(fd, address, address_bytes, flags);
	int accepted = REAL(accept4)(fd, address, address_bytes, flags);
	if (accepted >= 0)
		end_accept(&call, accepted, address, address_bytes);
	else
		call_failed(&call);
	return accepted;
}

HOOK int getsockopt(int fd, int level, int option, void *restrict value, socklen_t *restrict bytes)
{
	int result = REAL(getsockopt)(fd, level, option, value, bytes);
	struct call call;

	/* How a non-blocking connect() ended, as the program is told it. */
	if (result == 0 && level == SOL_SOCKET && option == SO_ERROR && *bytes == sizeof(int) &&
	    call_begin_socket(&call, TRT_CALL_getsockopt, fd))
		call_socket_error(&call, *(const int *)value);
	return result;
}
