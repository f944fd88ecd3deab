/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that move bytes between a socket and a file: their content passes us by. */
#include "preload/call.h"

#include <fcntl.h>
#include <sys/sendfile.h>

HOOK ssize_t sendfile(int to, int from, off_t *offset, size_t n)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_sendfile, to))
		return REAL(sendfile)(to, from, offset, n);
	ssize_t sent = REAL(sendfile)(to, from, offset, n);
	call_moved(&call, sent, SENT);
	return sent;
}

HOOK ssize_t sendfile64(int to, int from, off64_t *offset, size_t n)
{
	struct call call;

	if (!call_begin(&call, TRT_CALL_sendfile64, to))
		return REAL(sendfile64)(to, from, offset, n);
	ssize_t sent = REAL(sendfile64)(to, from, offset, n);
	call_moved(&call, sent, SENT);
	return sent;
}

/* One end is a pipe (splice(2)), so that at most one is a socket. */
HOOK ssize_t splice(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t n,
		    unsigned int flags)
{
	struct call call;
	enum direction direction = SENT;

	if (!call_begin(&call, TRT_CALL_splice, to)) {
		if (!call_begin(&call, TRT_CALL_splice, from))
			return REAL(splice)(from, from_offset, to, to_offset, n, flags);
		direction = RECEIVED;
	}
	ssize_t moved = REAL(splice)(from, from_offset, to, to_offset, n, flags);
	call_moved(&call, moved, direction);
	return moved;
}
