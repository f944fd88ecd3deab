/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that give a socket a second descriptor, or a stream. */
#include "preload/blind.h"
#include "preload/call.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

/* The new number shares the old one's connection, whatever it was before. */
static void end_duplicate(struct call *call, int old_fd, int fd)
{
	uint64_t end_ns = clock_ns();

	if (fd < 0)
		return;
	connection_duplicate(old_fd, fd, end_ns);
	struct connection *c = connection_known(fd);
	if (c && lifecycle_traced() && !lifecycle_borrowed())
		call_made(call, fd, c, end_ns);
}

HOOK int dup(int old_fd)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_dup, old_fd))
		return REAL(dup)(old_fd);
	int fd = REAL(dup)(old_fd);
	end_duplicate(&call, old_fd, fd);
	return fd;
}

HOOK int dup2(int old_fd, int fd)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_dup2, old_fd))
		return REAL(dup2)(old_fd, fd);
	int result = REAL(dup2)(old_fd, fd);
	end_duplicate(&call, old_fd, result);
	return result;
}

HOOK int dup3(int old_fd, int fd, int flags)
{
	struct call call;

	if (!call_begin_any(&call, TRT_CALL_dup3, old_fd))
		return REAL(dup3)(old_fd, fd, flags);
	int result = REAL(dup3)(old_fd, fd, flags);
	end_duplicate(&call, old_fd, result);
	return result;
}

/* fcntl() with the argument that came, if one did: all that it can be fits a pointer. */
static void end_fcntl(struct call *call, int result, int command, const void *argument)
{
	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		end_duplicate(call, call->fd, result);
	else if (command == F_SETFL && connection_known(call->fd))
		call_option(call, result, TRT_LEVEL_FCNTL, command, (uintptr_t)argument);
}

static bool begin_fcntl(int command)
{
	return command == F_DUPFD || command == F_DUPFD_CLOEXEC || command == F_SETFL;
}

HOOK int fcntl(int fd, int command, ...)
{
	struct call call;
	va_list arguments;

	va_start(arguments, command);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!begin_fcntl(command) || !call_begin_any(&call, TRT_CALL_fcntl, fd))
		return REAL(fcntl)(fd, command, argument);
	int result = REAL(fcntl)(fd, command, argument);
	end_fcntl(&call, result, command, argument);
	return result;
}

HOOK int fcntl64(int fd, int command, ...)
{
	struct call call;
	va_list arguments;

	va_start(arguments, command);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!begin_fcntl(command) || !call_begin_any(&call, TRT_CALL_fcntl64, fd))
		return REAL(fcntl64)(fd, command, argument);
	int result = REAL(fcntl64)(fd, command, argument);
	end_fcntl(&call, result, command, argument);
	return result;
}

/*
 * A socket that becomes a stream is read and written inside libc from now on, where
 * we cannot see it: the event tells a reader why.
 */
HOOK FILE *fdopen(int fd, const char *mode)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_fdopen, fd))
		return REAL(fdopen)(fd, mode);
	FILE *stream = REAL(fdopen)(fd, mode);
	call_other(&call, stream ? 0 : -1);
	if (stream)
		blind_note(TRT_BLIND_STREAM);
	return stream;
}
