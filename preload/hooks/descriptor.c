/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that close and copy descriptors, and fork. */
#include "preload/call.h"

HOOK int close(int fd)
{
	struct call call;
	struct connection *c = lifecycle_hooks() ? connection_known(fd) : NULL;

	if (__builtin_expect(!c, 1)) {
		connection_forget(fd, 0);
		return REAL(close)(fd);
	}
	call_begin_with(&call, TRT_CALL_close, fd, c);
	connection_forget(fd, call.start_ns);
	int result = REAL(close)(fd);
	/* A close alone is no reason for a trace: children that exec() close everything. */
	if (lifecycle_traced())
		call_other(&call, result);
	return result;
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

/* The new number shares the old one's connection, whatever it was before. */
static void end_duplicate(struct call *call, int old_fd, int fd)
{
	if (fd < 0)
		return;
	connection_duplicate(old_fd, fd, call->start_ns);
	struct connection *c = connection_known(fd);
	if (c && lifecycle_traced())
		call_made(call, fd, c);
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

/* The child notices by itself, whoever made it; but this way it knows its own id before its first event. */
HOOK pid_t fork(void)
{
	pid_t child = REAL(fork)();

	if (child == 0 && lifecycle_hooks())
		lifecycle_forked();
	return child;
}
